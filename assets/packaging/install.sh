#!/bin/sh
# Installs what lies beside this script for the person who runs it, or under a folder: ./install.sh [PREFIX, by default ~/.local].
# To take it away again: ./install.sh --remove [PREFIX].
set -eu
remove=
if [ "${1:-}" = --remove ]; then remove=yes; shift; fi
prefix=${1:-$HOME/.local}
cd "$(dirname "$0")"
find bin share -type f | while read -r file; do
    if [ "$remove" ]; then
        rm -f "$prefix/$file"
    else
        mkdir -p "$prefix/$(dirname "$file")"
        # A program that runs is replaced, not written into.
        cp "$file" "$prefix/$file.new"
        mv "$prefix/$file.new" "$prefix/$file"
    fi
done
# Menus and icons are found without these, but later.
update-desktop-database "$prefix/share/applications" 2>/dev/null || true
update-mime-database "$prefix/share/mime" 2>/dev/null || true
gtk-update-icon-cache -qt "$prefix/share/icons/hicolor" 2>/dev/null || true
if [ "$remove" ]; then exit; fi
echo "Installed: $prefix/bin/dissolve-studio"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "$prefix/bin is not in PATH: add it, or start the program by that path" ;; esac
