// A process of a cluster under measurement, started and ended by riverraft-bench.
import { serve } from '../control/channel.js'
import { Host } from './host.js'

// Ctrl-C reaches every process of a terminal: it is for the launcher to end its own in order.
process.on('SIGINT', () => {})

const host = new Host()
serve(
  (command) => host.execute(command),
  () => {
    host.endServers()
    process.exit(1)
  },
)
