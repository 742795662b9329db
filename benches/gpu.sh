#!/usr/bin/env bash
# What a graphics card has to show, in less than eight minutes, on a machine that has neither Rust nor a network:
#
#   benches/gpu.sh build [FEATURES] [BUNDLE]   where Rust is: tests, bench and program into a folder (cuda, gpu-bundle)
#   BUNDLE/gpu.sh [DEVICE]                     where the card is (cuda; cuda:1; cpu-plain = a dry run of the same code on the CPU)
#
# It writes BUNDLE/report/: parity with PyTorch, timings (peer.json), the most memory that the card gave, a run of `quick`, one
# that was killed and resumed, and the first two minutes of `standard` beside the CPU's. With FEATURES=cudnn and another BUNDLE
# the same with cuDNN. DATA=PATH NORMAL=CLASS trains on that instead of the demo's photographs.
set -euo pipefail
tests=(parity training)

if [ "${1:-}" = build ]; then
    features=${2-cuda} bundle=$(realpath -m "${3:-gpu-bundle}")
    cd "$(dirname "$0")/.."
    mkdir -p "$bundle/tests"
    # Where cargo has put a test or a bench.
    executable() { sed -n "s|.*Executable .*(\(.*/$1-[0-9a-f]*\)).*|\1|p"; }
    cargo build --release ${features:+--features "$features"}
    built=$(cargo test --release ${features:+--features "$features"} --no-run "${tests[@]/#/--test=}" 2>&1)
    for name in "${tests[@]}"; do cp "$(executable "$name" <<<"$built")" "$bundle/tests/$name"; done
    cp "$(cargo bench ${features:+--features "$features"} --no-run --bench peer 2>&1 | executable peer)" "$bundle/peer"
    cp "${CARGO_TARGET_DIR:-target}/release/dissolve-studio" benches/gpu.sh "$bundle/"
    cp -r tests/reference "$bundle/tests/"
    unzip -qo assets/demo/demo.zip 'synthetic-fundus/*' -d "$bundle"
    exit
fi

cd "$(dirname "$0")"
device=${1:-cuda}
data=$(realpath "${DATA:-synthetic-fundus}") normal=${NORMAL:-good}
# The dry run is slow, and shows only that all of it works.
wanted=$device repeats=7 longest=120
[ "$device" != cpu-plain ] || { wanted=cpu repeats=1 longest=20; export DISSOLVE_DEVICE=cpu-plain; }
rm -rf report && mkdir report
failed=0
say() { echo "$*" | tee -a report/summary.txt; }
step() { say ''; say "== $1 ($SECONDS s)"; }
judge() { # WHAT COMMAND...
    if "${@:2}" >>report/log.txt 2>&1; then say "ok: $1"; else say "FAILED: $1"; failed=1; fi
}
train() { ./dissolve-studio train --data "$data" --normal "$normal" --set data.tile=off "$@" 2>>report/log.txt; }
run_named() { find "report/$1/runs" -maxdepth 1 -mindepth 1 | head -n 1; }

step "$device"
if command -v nvidia-smi >/dev/null; then
    say "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader)"
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -lms 200 >report/memory.txt &
    trap 'kill %1 2>/dev/null || true' EXIT
fi

step 'parity with PyTorch, trainings stopped and resumed'
for group in 'parity unet::' 'parity ddpm::' 'parity dia::' 'parity dissolve::' 'parity scoring::' 'parity contrastive::' \
    'training ddpm::' 'training dia::'; do
    # shellcheck disable=SC2086
    DISSOLVE_DEVICE=$device judge "$group" timeout 120 tests/$group --nocapture
done

step 'timings'
timeout 120 ./peer --json --device "${device%%:*}" --repeats "$repeats" >report/peer.json 2>report/peer.txt || say 'not all of them, in two minutes'
say "$(cat report/peer.txt)"

step 'quick'
small=(--preset quick --device "$wanted" --set ddpm.steps=60 --set ddpm.checkpoint_every=10 --set dia.epochs=2 --set dia.checkpoint_every=10)
judge 'a run to its end' train "${small[@]}" --workspace report/whole
say "$(./dissolve-studio evaluate "$(run_named whole)" 2>&1 | grep AUROC | head -n 1)"

step 'killed, and resumed'
./dissolve-studio train --data "$data" --normal "$normal" --set data.tile=off "${small[@]}" --workspace report/killed >/dev/null 2>>report/log.txt &
killed=$!
sleep 5
if kill -9 $killed 2>/dev/null; then say 'killed after 5 s'; else say 'it had ended before it was killed'; fi
wait $killed 2>/dev/null || true
judge 'resumed' ./dissolve-studio train --resume "$(run_named killed)"
judge 'its scores have the bits of the other' cmp "$(run_named whole)/scores.csv" "$(run_named killed)/scores.csv"

step "the first $longest s of standard, here and on the CPU at the same time"
(DISSOLVE_DEVICE='' timeout "$longest" ./dissolve-studio train --data "$data" --normal "$normal" --set data.tile=off --preset standard \
    --workspace report/cpu >/dev/null 2>&1 || true) &
timeout "$longest" ./dissolve-studio train --data "$data" --normal "$normal" --set data.tile=off --preset standard \
    --device "$wanted" --workspace report/card >/dev/null 2>&1 || true
wait $!
for where in card cpu; do
    losses=$(find "report/$where" -name metrics.csv | head -n 1)
    [ -n "$losses" ] || { say "FAILED: $where: not one step"; failed=1; continue; }
    say "$where: $(($(wc -l <"$losses") - 1)) steps; $(head -n 1 "$losses" | cut -d, -f1,2) = $(awk -F, 'NR == 2 || NR == 11 || NR == 101 {printf "%s, %s; ", $1, $2}' "$losses")"
done

[ ! -s report/memory.txt ] || say "the most memory that the card gave: $(sort -n report/memory.txt | tail -n 1) MiB"
step 'done'
exit $failed
