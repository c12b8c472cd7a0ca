// A Redis for each replica, as the storage demands it: every write on disk before it is acknowledged.
import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Scope } from './resources.js'

const PROGRAM = 'redis-server'
const START_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 20

export interface RedisServer {
  readonly url: string
  readonly pid: number
}

/** Whether this machine has a Redis to start. */
export function hasRedis(): boolean {
  return spawnSync(PROGRAM, ['--version']).status === 0
}

/** Resolves when the server answers. */
export async function startRedis(directory: string, port: number, scope: Scope): Promise<RedisServer> {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'always',
    'no-appendfsync-on-rewrite': 'no',
    'maxmemory-policy': 'noeviction',
    save: '',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const server = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  scope.adopt(server)
  let output = ''
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000)
    })
  }
  // Without an id: the program does not exist.
  const { pid = 0 } = server
  server.once('error', (error) => {
    output += String(error)
  })
  const until = performance.now() + START_WITHIN_MS
  while (!(await answers(port))) {
    if (pid === 0 || server.exitCode !== null || performance.now() > until)
      throw new Error(`Redis did not start: ${output}`)
    await pause(LOOK_EVERY_MS)
  }
  return { url: `redis://127.0.0.1:${port}`, pid }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (chunk: Buffer) => {
      socket.destroy()
      resolve(chunk.toString().startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
  })
}
