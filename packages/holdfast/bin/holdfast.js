#!/usr/bin/env node
// Not the built file itself: an installation links a command only where its file is already there.
import '../dist/cli/main.js'
