#!/bin/bash
# A throw-away, real Slurm cluster on one Debian 12 host.  Everything lives in
# one directory; nothing is installed, no system file or user is touched
# (packages are downloaded with apt-get and unpacked, not installed).
# Runs as root or as any user (jobs then run as that user).  Loopback only.
#
#   start-slurm.sh start [DIR]     download+unpack once, start munged, slurmctld, N x slurmd
#   start-slurm.sh stop  [DIR]     end exactly these daemons, by pid (keeps unpacked files and logs)
#   start-slurm.sh status [DIR]
#   start-slurm.sh crash NODE [DIR]   kill -9 slurmd, its slurmstepds and their tasks (power loss)
#   start-slurm.sh boot  NODE [DIR]   start that slurmd again, with an empty spool
#   start-slurm.sh restart [DIR]      end slurmctld, which saves its state, and start it again on that
#   . DIR/env                      SLURM_CONF and PATH for clients
#
# Environment: NODES=4  CPUS=8 (fake, per node)  MEM=16000 (fake MB)  DBD=0|1 (sacct)
#              AUTH=munge|none  BASEPORT=17100  KILLWAIT=3  NODETIMEOUT=6  MAXARRAY=1001  EXTRA='more slurm.conf lines'
set -euo pipefail
cmd=${1:?usage: $0 start|stop|status|restart [DIR] | crash|boot NODE [DIR]}; shift
NODE=""; case $cmd in crash|boot) NODE=${1:?node}; shift ;; esac
D=${1:-/tmp/slurm-lab}; mkdir -p "$D"; D=$(cd "$D" && pwd -P)
NODES=${NODES:-4} CPUS=${CPUS:-8} MEM=${MEM:-16000} DBD=${DBD:-0} AUTH=${AUTH:-munge}
BASEPORT=${BASEPORT:-17100} KILLWAIT=${KILLWAIT:-3} NODETIMEOUT=${NODETIMEOUT:-6} EXTRA=${EXTRA:-} MAXARRAY=${MAXARRAY:-1001}
R=$D/root; LIB=$R/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu"); S=$R/usr/sbin; B=$R/usr/bin
ME=$(id -un)
say() { echo "start-slurm: $*" >&2; }
die() { say "$*"; exit 1; }
[ ${#D} -le 60 ] || die "DIR is too long (${#D} > 60): slurmstepd's and munged's unix sockets live below it"

alive() { # pidfile exe-path : is the recorded process still that program?
  local p; p=$(cat "$1" 2>/dev/null) || return 1
  [ -n "$p" ] && [ "$(readlink "/proc/$p/exe" 2>/dev/null)" = "$2" ]
}
wait_for() { # seconds, command...
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}

unpack() {
  local want="slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge libmunge2 libhwloc15 liblua5.1-0 libnuma1 libpam0g liblz4-1 patchelf"
  [ "$DBD" = 0 ] || want="$want slurmdbd slurm-wlm-mysql-plugin libmariadb3 mariadb-server-core mariadb-client-core liburing2 libaio1"
  local p todo=""
  mkdir -p "$D/debs" "$R"
  for p in $want; do [ -e "$D/debs/$p.done" ] || todo="$todo $p"; done
  [ -n "$todo" ] || return 0
  say "download:$todo"
  (cd "$D/debs" && apt-get -q -o APT::Sandbox::User=root download $todo >download.log 2>&1) ||
    { cat "$D/debs/download.log" >&2; die "apt-get download failed (apt-get update needed?)"; }
  for p in $todo; do dpkg -x "$D"/debs/"$p"_*.deb "$R"; : >"$D/debs/$p.done"; done
  # Debian names the programs NAME-wlm and links NAME by update-alternatives; Slurm decides
  # what it is by argv[0] (run as "slurmstepd-wlm", jobacct_gather/linux crashes): make the links
  for p in slurmctld slurmd slurmstepd; do [ ! -e "$S/$p-wlm" ] || ln -sfn "$p-wlm" "$S/$p"; done
  # the binaries look for libslurmfull in /usr/lib/...: point them here instead
  # (DT_RPATH, not DT_RUNPATH: it must also serve dlopen()ed plugins, e.g. auth_munge -> libmunge)
  local f
  for f in "$B"/* "$S"/*; do
    [ -L "$f" ] && continue
    [ "${f##*/}" = patchelf ] && continue
    [ "$(head -c4 "$f" | tail -c3)" = ELF ] || continue
    "$B/patchelf" --force-rpath --set-rpath "$LIB/slurm-wlm:$LIB:$R/lib/${LIB##*/}" "$f"
  done
}

config() {
  mkdir -p "$D"/{etc,state,log,run,spool}
  chmod 0755 "$D" "$D"/{etc,state,log,run,spool}
  if [ "$AUTH" = munge ] && [ ! -e "$D/etc/munge.key" ]; then
    (umask 077; head -c 1024 /dev/urandom >"$D/etc/munge.key")
  fi
  local a i
  if [ "$AUTH" = munge ]; then
    a="AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$D/run/munge.socket,cred_expire=5"
  else
    a="AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5"
  fi
  {
    cat <<CONF
ClusterName=lab
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$BASEPORT
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
$a
SlurmUser=$ME
SlurmdUser=$ME
PluginDir=$LIB/slurm-wlm
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd-%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd-%n.log
SlurmctldDebug=verbose
SlurmdDebug=verbose
MailProg=/bin/true
MpiDefault=none
# no cgroups, no affinity: works in containers and VMs
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
SwitchType=switch/none
# more CPUs and memory than there are
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory,CR_LLN
DefMemPerCPU=100
# quick tests
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_continue
PriorityType=priority/basic
KillWait=$KILLWAIT
SlurmdTimeout=$NODETIMEOUT
SlurmctldTimeout=10
MessageTimeout=5
BatchStartTimeout=10
CompleteWait=0
InactiveLimit=0
MinJobAge=600
ReturnToService=2
JobRequeue=1
MaxArraySize=$MAXARRAY
MaxJobCount=200000
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.txt
CONF
    if [ "$DBD" = 0 ]; then
      echo "AccountingStorageType=accounting_storage/none"
    else
      cat <<CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((BASEPORT + 1))
CONF
      [ "$AUTH" != munge ] || echo "AccountingStoragePass=$D/run/munge.socket"
    fi
    for i in $(seq 1 "$NODES"); do
      # Debian's build has MULTIPLE_SLURMD=Yes: one host, one port and one spool directory per node
      echo "NodeName=n$i NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((BASEPORT + 10 + i)) CPUs=$CPUS RealMemory=$MEM State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
    echo "$EXTRA"
  } >"$D/etc/slurm.conf"
  cat >"$D/env" <<CONF
export SLURM_CONF=$D/etc/slurm.conf
export PATH=$B:\$PATH
CONF
}

start_dbd() {
  [ "$DBD" != 0 ] || return 0
  local sock=$D/run/mysql.sock my=$S/mariadbd
  if ! alive "$D/run/mysql.pid" "$my"; then
    if [ ! -d "$D/mysql/mysql" ]; then
      "$B/mariadb-install-db" --no-defaults --basedir="$R/usr" --datadir="$D/mysql" --user="$ME" \
        --auth-root-authentication-method=normal --skip-test-db --innodb-log-file-size=8M >"$D/log/mysql-install.log" 2>&1 || die "mariadb-install-db failed, see $D/log/mysql-install.log"
    fi
    setsid "$my" --no-defaults --basedir="$R/usr" --datadir="$D/mysql" --user="$ME" --skip-networking \
      --socket="$sock" --pid-file="$D/run/mysql.pid" --innodb-log-file-size=8M --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 \
      --innodb-lock-wait-timeout=900 --log-error="$D/log/mysql.log" </dev/null >/dev/null 2>&1 &
    disown
    wait_for 30 "$B/mariadb" --no-defaults --socket="$sock" -u root -e 'select 1' || die "mariadbd did not start"
  fi
  (umask 077; cat >"$D/etc/slurmdbd.conf" <<CONF
$(grep -E '^(AuthType|AuthInfo|PluginDir)=' "$D/etc/slurm.conf")
DbdHost=$(hostname -s)
DbdAddr=127.0.0.1
DbdPort=$((BASEPORT + 1))
SlurmUser=$ME
PidFile=$D/run/slurmdbd.pid
LogFile=$D/log/slurmdbd.log
DebugLevel=verbose
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm_acct
CONF
  )
  if ! alive "$D/run/slurmdbd.pid" "$S/slurmdbd"; then
    : >"$D/log/slurmdbd.log"
    MYSQL_UNIX_PORT=$sock "$S/slurmdbd"
    wait_for 30 grep -q "slurmdbd version .* started" "$D/log/slurmdbd.log" || die "slurmdbd did not start, see $D/log/slurmdbd.log"
  fi
}

stepds() { # [node]: pids of slurmstepds of this cluster (of that node): they hold its slurmd's log open
  local p
  for p in $(pgrep -f '^slurmstepd: |/slurmstepd' || true); do
    [ "$(readlink "/proc/$p/exe" 2>/dev/null)" = "$S/slurmstepd-wlm" ] || continue
    [ -z "${1:-}" ] || ls -l "/proc/$p/fd" 2>/dev/null | grep -qF -- "-> $D/log/slurmd-$1.log" || continue
    echo "$p"
  done
}
tasks_of() { # stepd pid: it and its descendants
  local c; for c in $(pgrep -P "$1" || true); do tasks_of "$c"; done; echo "$1"
}
kill_stepds() { local p; for p in $(stepds "${1:-}"); do kill -KILL $(tasks_of "$p") 2>/dev/null || true; done; }
crash() {
  local f=$D/run/slurmd-$NODE.pid
  alive "$f" "$S/slurmd-wlm" && kill -KILL "$(cat "$f")"
  rm -f "$f"; kill_stepds "$NODE"
}
boot() {
  rm -rf "$D/spool/$NODE"; mkdir -p "$D/spool/$NODE"; . "$D/env"
  alive "$D/run/slurmd-$NODE.pid" "$S/slurmd-wlm" || "$S/slurmd" -N "$NODE" -d "$S/slurmstepd"
}

start() {
  [ -x /usr/bin/dpkg ] && [ -x /usr/bin/apt-get ] || die "needs Debian's apt-get and dpkg"
  unpack
  if ! alive "$D/run/slurmctld.pid" "$S/slurmctld-wlm"; then   # not running: a fresh cluster, job ids from 1
    rm -rf "$D/state" "$D/spool" "$D/mysql" "$D/log"
    ! (exec 3<>"/dev/tcp/127.0.0.1/$BASEPORT") 2>/dev/null || die "port $BASEPORT is taken; set BASEPORT"
  fi
  config; . "$D/env"
  if [ "$AUTH" = munge ] && ! alive "$D/run/munged.pid" "$S/munged"; then
    # --force: DIR may lie below a 0700 directory (mktemp -d, pytest's tmp_path)
    "$S/munged" --force --socket="$D/run/munge.socket" --key-file="$D/etc/munge.key" --pid-file="$D/run/munged.pid" \
      --log-file="$D/log/munged.log" --seed-file="$D/run/munged.seed" --num-threads=2 2>>"$D/log/munged.err"
  fi
  start_dbd
  alive "$D/run/slurmctld.pid" "$S/slurmctld-wlm" || "$S/slurmctld"
  local i
  for i in $(seq 1 "$NODES"); do
    mkdir -p "$D/spool/n$i"   # slurmd does not make parents
    alive "$D/run/slurmd-n$i.pid" "$S/slurmd-wlm" || "$S/slurmd" -N "n$i" -d "$S/slurmstepd"
  done
  wait_for 30 all_up || { sinfo -N || true; die "nodes did not come up, see $D/log"; }
  sinfo -N -o '%N %T %c %m' >&2
  say "ready; clients: . $D/env"
}
all_up() { [ "$(sinfo -h -N -t idle,mix,alloc -o %N | sort -u | wc -l)" = "$NODES" ]; }

end_all() { # pidfile exe, pidfile exe, ...: TERM all, wait a little, KILL the rest
  local -a ps=(); local f x p
  while [ $# -gt 0 ]; do
    f=$1 x=$2; shift 2
    if alive "$f" "$x"; then p=$(cat "$f"); kill -TERM "$p"; ps+=("$p"); fi
    rm -f "$f"
  done
  for p in "${ps[@]}"; do wait_for 3 test ! -e "/proc/$p" || kill -KILL "$p" 2>/dev/null || true; done
}
stop() {
  local f; local -a a=()
  for f in "$D"/run/slurmd-*.pid; do [ ! -e "$f" ] || a+=("$f" "$S/slurmd-wlm"); done
  end_all "$D/run/slurmctld.pid" "$S/slurmctld-wlm" "${a[@]}"
  kill_stepds                                     # slurmstepds and tasks outlive slurmd
  end_all "$D/run/slurmdbd.pid" "$S/slurmdbd"
  end_all "$D/run/mysql.pid" "$S/mariadbd"
  end_all "$D/run/munged.pid" "$S/munged"
}
restart() {
  . "$D/env"
  local p; p=$(cat "$D/run/slurmctld.pid")
  # not KILL: its state is saved seconds late, and a job that it forgot would be started twice ("Duplicate jobid")
  ! alive "$D/run/slurmctld.pid" "$S/slurmctld-wlm" || kill -TERM "$p"
  wait_for 60 test ! -e "/proc/$p" || die "slurmctld does not end"
  "$S/slurmctld"
}
status() { [ -e "$D/env" ] && . "$D/env" && scontrol ping && sinfo -N -o '%N %T %E'; }
case $cmd in start|stop|status|restart|crash|boot) "$cmd" ;; *) die "unknown command $cmd" ;; esac
