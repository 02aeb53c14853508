#!/bin/sh
# Lays out a root of its own for one sandbox of the stand-in, in a mount namespace that this process holds until it is ended:
# this machine's programs, and the sandbox's own /home/user, /root, /tmp, /run and /app.
set -e
root=$1 home=$2 tmp=$3 own=$4 app=$5 cli=$6 passwd=$7 node=$8 deno=$9
mount -t tmpfs tmpfs "$root"
for entry in /*; do
  name=${entry#/}
  case $name in home|tmp|app|run|root) continue ;; esac
  if [ -L "$entry" ]; then
    ln -s "$(readlink "$entry")" "$root/$name"
  elif [ -d "$entry" ]; then
    mkdir "$root/$name"
    mount --rbind "$entry" "$root/$name" 2>/dev/null || true
  fi
done
mkdir -p "$root/home/user" "$root/tmp" "$root/app" "$root/run" "$root/root"
mount --bind "$home" "$root/home/user"
mount --bind "$tmp" "$root/tmp"
mount --bind "$own" "$root/root"
mount --bind "$app" "$root/app"
mount --bind "$cli" "$root/app/cli"
mount --bind "$node" "$root/app/bin/node"
mount --bind "$deno" "$root/app/bin/deno"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$passwd" "$root/etc/passwd"
echo ready
exec sleep 1000000
