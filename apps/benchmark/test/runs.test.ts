import { afterEach, describe, expect, test } from 'vitest'
import { hasRedis } from '../src/cluster/redis-server.js'
import { endAll, start } from './programs.js'

afterEach(endAll)

const SHORT = ['--seconds', '0.3', '--warmup', '0.1', '--callers', '1,8']
const LONG = ['--seconds', '60', '--callers', '8', '--no-bare']

/** A line of the table: its callers, and a figure in each column that has one. */
function row(transport: string, storage: string, callers: number): RegExp {
  return new RegExp(
    `^${transport} +${storage} +(yes|no) +${callers} +[1-9][\\d,]* +[\\d.]+ +[\\d.]+ .*$`,
    'm',
  )
}

describe.each(['memory', 'tcp', 'websocket', 'libp2p'])('%s', (transport) => {
  test.each(['memory', 'file'])(
    'with %s storage: figures, equal logs, and nothing left behind',
    async (storage) => {
      const program = start(['--transport', transport, '--storage', storage, ...SHORT, '--no-bare'])
      expect(await program.exited, program.output).toEqual({ code: 0, signal: null })
      const { output } = program
      expect(output).toMatch(row(transport, storage, 1))
      expect(output).toMatch(row(transport, storage, 8))
      expect(output).toMatch(/[1-9][\d,]* log entries equal on all replicas, [1-9][\d,]* acknowledged/)
      expect(output).toMatch(
        transport === 'memory'
          ? /SIGKILL of the leader: n\/a, one process/
          : /SIGKILL of the leader: [1-9]\d* ms .* nothing acknowledged was lost, [1-9][\d,]* entries compared again/,
      )
      expect(program.files).toEqual([])
      expect(program.processes).toEqual([])
    },
  )
})

test.runIf(hasRedis())('redis storage brings a server for each replica, and takes it away', async () => {
  const program = start(['--storage', 'redis', ...SHORT])
  expect(await program.exited, program.output).toEqual({ code: 0, signal: null })
  expect(program.output).toMatch(row('tcp', 'redis', 8))
  expect(program.files).toEqual([])
  expect(program.processes).toEqual([])
})

test('everything is written down: conditions, figures, the bare loop beside them, and a profile', async () => {
  const files = ['--json', 'figures.json', '--profile', 'callers.cpuprofile']
  const program = start(['--from', 'follower', ...SHORT, ...files])
  expect(await program.exited, program.output).toEqual({ code: 0, signal: null })
  const { conditions, options, pairs } = program.json('figures.json')
  expect(conditions).toMatchObject({
    node: process.version,
    cores: expect.any(Number),
    date: expect.any(String),
  })
  expect(options).toMatchObject({ payloadBytes: 256, nodes: 3, from: 'follower' })
  const [{ rows, durable, failover }] = pairs
  expect(durable).toBe(false)
  expect(failover.unavailableMs).toBeGreaterThan(0)
  for (const { window, bare } of rows) {
    expect(window.opsPerSecond).toBeGreaterThan(0)
    expect(window.otherProcesses).toHaveLength(2)
    expect(bare.opsPerSecond).toBeGreaterThan(0)
  }
  expect(program.json('callers.cpuprofile').samples.length).toBeGreaterThan(0)
})

test('Ctrl-C in the middle of a window ends every process and removes every file', async () => {
  const program = start(['--storage', 'file', ...LONG])
  await program.seen(/^transport/m)
  await expect.poll(() => program.processes.length, { timeout: 10_000 }).toBe(4)
  program.signal('SIGINT')
  expect((await program.exited).code).toBe(130)
  expect(program.files).toEqual([])
  expect(program.processes).toEqual([])
})

test('a launcher that is killed takes its replicas along', async () => {
  const program = start(LONG)
  await expect.poll(() => program.processes.length, { timeout: 10_000 }).toBe(4)
  program.signal('SIGKILL')
  await program.exited
  await expect.poll(() => program.processes, { timeout: 10_000 }).toEqual([])
})
