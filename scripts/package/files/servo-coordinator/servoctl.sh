#!/bin/sh
exec /usr/lib/servo-coordinator/bin/node /usr/lib/servo-coordinator/lib/servoctl.mjs "$@"
