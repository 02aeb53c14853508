#!/bin/sh
# What the server starts for each script; the script itself is in the environment, or in a file it names.
# What Node compiled is kept where only root writes, for the next one.
export NODE_COMPILE_CACHE=/root/.cache/patchbay
exec /app/bin/node /app/lib/run.js
