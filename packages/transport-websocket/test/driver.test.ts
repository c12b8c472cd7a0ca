// What links may rely on, where a transport cannot show it.
import type { Member } from '@riverraft/core'
import type { Connection } from '@riverraft/core/links'
import { afterEach, expect, test } from 'vitest'
import { WebSocketDriver } from '../src/driver.js'

const drivers: WebSocketDriver[] = []
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()))
})

const at = (host: string) => ({ host, port: 0, path: '/raft' })

function driver(): WebSocketDriver {
  const created = new WebSocketDriver({ place: at('127.0.0.1'), tls: {}, onDiagnostic: () => {} })
  drivers.push(created)
  return created
}

const silent = { data: () => {}, drain: () => {}, closed: () => {} }

async function listening(accept: (connection: Connection) => void): Promise<Member> {
  return { id: 'b', address: await driver().listen(accept), role: 'voter' }
}

test('a dial ends when its signal does, before, while or after it connects', async () => {
  const member = await listening((connection) => connection.start(silent))
  const reason = new Error('enough')
  await expect(driver().dial(member, AbortSignal.abort(reason))).rejects.toBe(reason)
  const attempt = new AbortController()
  const dialling = driver().dial(member, attempt.signal)
  attempt.abort(reason)
  await expect(dialling).rejects.toBe(reason)
  const late = new AbortController()
  const connection = await driver().dial(member, late.signal)
  const closed = new Promise((resolve) => connection.start({ ...silent, closed: resolve }))
  late.abort(reason)
  // The signal was the dial's: the connection lives on, until its own end.
  connection.end()
  expect(await closed).toBe('closed by the peer (1005)')
})

test('what arrives before start is held back, and a loss before start is told after it', async () => {
  let accepted = 0
  const member = await listening((connection) => {
    connection.start(silent)
    connection.write([new Uint8Array([1, 2])])
    accepted++
  })
  const [early, lost] = await Promise.all(
    [1, 2].map(() => driver().dial(member, new AbortController().signal)),
  )
  while (accepted < 2) await new Promise(setImmediate)
  const received = await new Promise<Uint8Array>((resolve) => early!.start({ ...silent, data: resolve }))
  expect([...received]).toEqual([1, 2])

  await Promise.all(drivers.map((each) => each.close()))
  expect(await new Promise((resolve) => lost!.start({ ...silent, closed: resolve }))).toBeTypeOf('string')
})

test('writing to a connection that is gone is nothing, and nothing is told after abort', async () => {
  const member = await listening((connection) => connection.start(silent))
  const connection = await driver().dial(member, new AbortController().signal)
  const told: string[] = []
  connection.start({
    data: () => told.push('data'),
    drain: () => told.push('drain'),
    closed: () => told.push('closed'),
  })
  expect(connection.write([new Uint8Array(1024), new Uint8Array(8)])).toBe(true)
  expect(connection.write([new Uint8Array(64 * 1024 * 1024)])).toBe(false)
  connection.abort('enough')
  expect(connection.write([new Uint8Array(1)])).toBe(true)
  await Promise.all(drivers.splice(0).map((each) => each.close()))
  expect(told).toEqual([])
})

test('what was written before end arrives', async () => {
  const received: Uint8Array[] = []
  let done = (_reason: string): void => {}
  const closed = new Promise<string>((resolve) => {
    done = resolve
  })
  const member = await listening((connection) =>
    connection.start({ ...silent, data: (bytes) => received.push(bytes), closed: done }),
  )
  const connection = await driver().dial(member, new AbortController().signal)
  connection.start(silent)
  const pieces = Array.from({ length: 3_000 }, (_, i) => new Uint8Array(i % 700).fill(i))
  connection.write(pieces)
  connection.end()
  await closed
  expect(Buffer.compare(Buffer.concat(received), Buffer.concat(pieces))).toBe(0)
})

test('closing a driver that never listened, and one that could not', async () => {
  await driver().close()
  const failed = new WebSocketDriver({ place: at('192.0.2.1'), tls: {}, onDiagnostic: () => {} })
  await expect(failed.listen(() => {})).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
  await failed.close()
})
