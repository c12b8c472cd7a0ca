// Takes every source of real time and chance away: whoever uses one throws, and is remembered with the place it came from.
import nodeCrypto from 'node:crypto'
import nodeFs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** What belongs to the test runner, which goes on beside us, is not asked about. */
const OURS = /\/(packages|@riverraft)\//

export async function withoutRealTime<Verdict>(
  run: () => Promise<Verdict>,
): Promise<{ verdict: Verdict; touched: string[] }> {
  const touched: string[] = []
  const restore: (() => void)[] = []
  const poison = (owner: object, name: string): void => {
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown
    const replacement = function (this: unknown, ...args: unknown[]): unknown {
      const caller = new Error().stack?.split('\n')[2] ?? ''
      if (!OURS.test(caller)) return original.apply(this, args)
      touched.push(`${name} ${caller.trim()}`)
      throw new Error(`${name} is not for a simulated run`)
    }
    Reflect.defineProperty(owner, name, { value: replacement, configurable: true, writable: true })
    restore.push(() =>
      Reflect.defineProperty(owner, name, { value: original, configurable: true, writable: true }),
    )
  }
  poison(Date, 'now')
  poison(performance, 'now')
  poison(Math, 'random')
  poison(crypto, 'getRandomValues')
  poison(crypto, 'randomUUID')
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) poison(globalThis, name)
  for (const name of ['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync']) poison(nodeCrypto, name)
  for (const name of ['open', 'openSync', 'readFileSync', 'writev']) poison(nodeFs, name)
  syncBuiltinESMExports()
  try {
    return { verdict: await run(), touched }
  } finally {
    for (const undo of restore) undo()
    syncBuiltinESMExports()
  }
}
