#!/bin/sh
# What the server starts for each script; the script itself is in the environment, or in a file it names.
exec /app/bin/node /app/lib/run.js
