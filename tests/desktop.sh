#!/usr/bin/env bash
# The real program on a virtual screen, by mouse and keys: opens a folder that this script makes, trains (each stage is kept after a
# few steps), drags t, saves a strip, looks at the results, and quits. Fails on a panic, a hang, or a missing file.
#   bash tests/desktop.sh [PROGRAM]      needs: xvfb openbox xdotool, libxcursor1 libxi6 libxkbcommon-x11-0, Vulkan in software
set -euo pipefail
program=$(realpath "${1:-target/release/dissolve-studio}")
work=$(mktemp -d)
log=$work/log
pids=()
finish() {
    status=$?
    [ $status = 0 ] || { echo "desktop: failed; the program said:" >&2; tail -n 20 "$log" >&2 || true; }
    kill "${pids[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
say() { printf 'desktop: %s (%ss)\n' "$1" "$SECONDS"; }

# until_true SECONDS WHAT COMMAND...: waits for a state, never for a time.
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        kill -0 "$app" 2>/dev/null || { echo "desktop: the program ended while waiting for $what" >&2; exit 1; }
        [ $SECONDS -lt $end ] || { echo "desktop: waited too long for $what" >&2; exit 1; }
        sleep 0.5
    done
    say "$what"
}

# A picture of 32x32 pixels: noise, whose values are squeezed into few for a normal one.
picture() {
    printf 'BM\x36\x0c\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x20\0\0\0\x20\0\0\0\x01\0\x18\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
    head -c 3072 /dev/urandom | tr '\000-\377' "$1"
}
for i in $(seq 10 49); do
    for place in train/good/$i test/good/$i test/spotted/$i; do
        [ $i -lt 20 ] || [ "${place%%/*}" = train ] || continue
        values='[\100*128][\120*128]'
        [ "${place#test/spotted}" = "$place" ] || values='[\100*128][\320*128]'
        mkdir -p "$work/images/$(dirname $place)"
        picture "$values" > "$work/images/$place.bmp"
    done
done

export HOME=$work DISSOLVE_WORKSPACE=$work/workspace XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work
screen=99
while [ -e /tmp/.X11-unix/X$screen ]; do screen=$((screen + 1)); done
export DISPLAY=:$screen
unset WAYLAND_DISPLAY
Xvfb $DISPLAY -screen 0 1280x800x24 >/dev/null 2>&1 &
pids+=($!)
app=$!
# Its socket is there before it answers.
until_true 20 'a screen' xdotool getdisplaygeometry
openbox >/dev/null 2>&1 &
pids+=($!)
"$program" "$work/images" --frame-stats "$work/frames.json" >"$log" 2>&1 &
app=$!
pids+=($app)
until_true 60 'a window' xdotool search --name 'Dissolve Studio'
window=$(xdotool search --name 'Dissolve Studio' | tail -n 1)
xdotool windowactivate --sync "$window" || true

runs() { ls -d "$DISSOLVE_WORKSPACE"/runs/*-train-* 2>/dev/null; }
lines() { [ "$(wc -l <"$(runs | head -n 1)/$1/metrics.csv")" -ge 4 ]; }
has() { [ -s "$(runs | head -n 1)/$1" ]; }
press() { xdotool key --clearmodifiers "$@"; }
# Sends a key until what it should do is seen: the data may still be loading.
starts_training() { runs || { press ctrl+t; sleep 2; runs; }; }
# By name, as a person who does not know the key.
palette() {
    press ctrl+k
    sleep 0.7
    xdotool type --delay 30 "$1"
    sleep 0.7
    press Return
}

until_true 60 'a run' starts_training
press 3
until_true 300 'steps of the diffusion model' lines ddpm
palette 'keep it'
until_true 300 'steps of DIA' lines dia
palette 'keep it'
until_true 600 'scores' has scores.csv
until_true 120 'a report' has report.html
has evaluation.json

press 2
sleep 1
xdotool mousemove 400 640 mousedown 1
for x in 420 450 500 560 640; do xdotool mousemove $x 640; done
xdotool mouseup 1
saves_strip() { ls "$DISSOLVE_WORKSPACE"/exports/*.png || { palette 'strip'; sleep 3; ls "$DISSOLVE_WORKSPACE"/exports/*.png; }; }
until_true 120 'a strip of many t' saves_strip
press 4
sleep 1
press Return
sleep 1
press Escape
press ctrl+q
gone() { ! kill -0 "$app"; }
end=$((SECONDS + 60))
until gone 2>/dev/null; do [ $SECONDS -lt $end ] || { echo 'desktop: it does not quit' >&2; exit 1; }; sleep 0.5; done
wait "$app"
! grep -q panicked "$log"
grep -q '"frames"' "$work/frames.json"
say "done; $(tr -d '\n' <"$work/frames.json")"
