#!/usr/bin/env bash
# A sweep as an array job of a real Slurm on one node (Debian: slurmctld slurmd slurm-client munge): six small cells, two
# and two of which share a diffusion model, one of them taken from its node and queued again, give the table of a single process.
#   tests/slurm.sh PROGRAM     as root; where no Slurm can be started, it says so
set -euo pipefail
program="$(realpath "$1")"
for needed in slurmctld slurmd sbatch munged; do
    command -v "$needed" >/dev/null || { echo "NOT CHECKED: there is no $needed"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo 'NOT CHECKED: only root starts the daemons'; exit 0; }
folder="$(mktemp -d)"
export SLURM_CONF="$folder/slurm.conf" SBATCH_EXPORT=ALL
daemons=()
finish() {
    scancel --quiet --user="$USER" 2>/dev/null || true
    for daemon in "${daemons[@]}"; do kill "$daemon" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
export USER="${USER:-$(id -un)}"

node="$(hostname -s)"
mkdir -p "$folder/state" "$folder/spool" /run/munge
chown munge: /run/munge
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
ReturnToService=2
MpiDefault=none
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
pgrep -x munged >/dev/null || runuser -u munge -- munged
slurmctld -D >"$folder/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D -N "$node" >"$folder/slurmd.log" 2>&1 &
daemons+=($!)
for _ in $(seq 60); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && break
    sleep 0.5
done
if [ "$(sinfo --noheader --format=%T 2>/dev/null)" != idle ]; then
    echo 'NOT CHECKED: no Slurm can be started here'
    tail -n 3 "$folder"/*.log
    exit 0
fi

# Pictures of noise; the abnormal ones have a bright square.
for class in good bad; do
    mkdir -p "$folder/eyes/$class"
    for i in $(seq 12); do
        awk -v seed="$i" -v bad="$([ $class = bad ] && echo 1 || echo 0)" 'BEGIN {
            srand(seed + 100 * bad); print "P2\n32 32\n255"
            for (y = 0; y < 32; y++) for (x = 0; x < 32; x++)
                print int(90 + 60 * rand() + (bad && x > 12 && x < 20 && y > 12 && y < 20 ? 90 : 0))
        }' >"$folder/eyes/$class/$i.pgm"
    done
done
cat >"$folder/plan.toml" <<'PLAN'
preset = "quick"
seeds = [0, 1]

[[data]]
path = "eyes"
normal = ["good"]

[[settings]]
name = "dia"
set = { "ddpm.steps" = 40, "ddpm.batch" = 8, "ddpm.checkpoint_every" = 4, "dia.epochs" = 4, "dia.batch" = 2, "score.samples" = 1, "run.threads" = 1 }

[[settings]]
name = "cutperm"
set = { "dia.shift" = "cutperm", "ddpm.steps" = 40, "ddpm.batch" = 8, "ddpm.checkpoint_every" = 4, "dia.epochs" = 4, "dia.batch" = 2, "score.samples" = 1, "run.threads" = 1 }

[[settings]]
name = "csi"
set = { "dia.dissolve" = "none", "score.profile" = false, "dia.epochs" = 4, "dia.batch" = 2, "score.samples" = 1, "run.threads" = 1 }
PLAN

cd "$folder"
"$program" sweep plan.toml --slurm >array.sh
job="$(sbatch --parsable array.sh)"
# The first task is taken away in the middle of its work.
has_checkpoint() { ls plan/runs/*dia-seed0-diffusion/checkpoints/*.safetensors >/dev/null 2>&1; }
for _ in $(seq 600); do
    has_checkpoint && break
    sleep 0.25
done
if ! has_checkpoint && ! ls plan/slurm/*.log >/dev/null 2>&1; then
    echo 'NOT CHECKED: this Slurm begins no task'
    tail -n 3 "$folder"/*.log
    exit 0
fi
scontrol requeue "${job}_0"
echo "task 0 was queued again after $(ls plan/runs/*dia-seed0-diffusion/checkpoints | wc -l) checkpoints"
# A requeued task waits for two minutes.
for _ in $(seq 1200); do
    [ -z "$(squeue --noheader --array)" ] && break
    scontrol release "${job}_0" 2>/dev/null || true
    sleep 0.5
done
"$program" sweep status plan.toml
cat plan/slurm/*_0.log | tail -3
figures() { "$program" sweep merge plan.toml --workspace "$1" --baseline csi >/dev/null && cut -d, -f1-17 "$1/merged.csv"; }
"$program" sweep plan.toml --workspace alone >/dev/null 2>&1
diff <(figures plan) <(figures alone)
# Six cells, and one diffusion model for each seed.
[ "$(ls plan/runs | wc -l)" = 8 ]
echo 'the table of the array is that of one process'
