#!/bin/sh
# A small heap that is swept often: little memory matters more here than speed.
exec /usr/lib/servo-agent/bin/node --max-semi-space-size=1 /usr/lib/servo-agent/lib/servo-agent.mjs "$@"
