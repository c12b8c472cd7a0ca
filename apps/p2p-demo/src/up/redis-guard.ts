// A process between the launcher and a redis-server: it ends the server when the launcher is gone, however it went.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GuardMessage } from './redis-servers.js'

const [program, ...args] = process.argv.slice(2)
const server = spawn(program!, args, { stdio: ['ignore', 'pipe', 'ignore'] })
const tell = (message: GuardMessage): void => {
  if (process.connected) process.send?.(message)
}

let lastLine = 'it said nothing'
createInterface({ input: server.stdout }).on('line', (line) => {
  if (line.trim() !== '') lastLine = line
  if (line.includes('Ready to accept connections')) tell({ ready: true })
})
server.once('error', (error) => tell({ ended: error.message }))
// 'close' and not 'exit': its last words have been read by then.
server.once('close', () => {
  tell({ ended: lastLine })
  if (process.connected) process.disconnect()
})
process.once('disconnect', () => server.kill('SIGTERM'))
