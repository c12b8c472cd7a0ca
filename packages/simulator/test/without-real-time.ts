// Takes every source of real time and chance away: whoever uses one throws, and is remembered with the place it came from.
import nodeCrypto from 'node:crypto'
import nodeFs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import nodeTimers from 'node:timers'
import nodeTimersPromises from 'node:timers/promises'

/** What belongs to the test runner, which goes on beside us, is not asked about. */
const OURS = /\/(packages|@riverraft)\//

type AnyFunction = (...args: unknown[]) => unknown

/** Every source, and where it is. */
const SOURCES: readonly (readonly [owner: object, names: readonly string[]])[] = [
  [Date, ['now']],
  [performance, ['now']],
  [Math, ['random']],
  [crypto, ['getRandomValues', 'randomUUID']],
  // Before hrtime itself, whose replacement copies it.
  [process.hrtime, ['bigint']],
  [process, ['hrtime', 'uptime', 'cpuUsage', 'nextTick']],
  [globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']],
  [nodeTimers, ['setTimeout', 'setInterval', 'setImmediate']],
  [nodeTimersPromises, ['setTimeout', 'setInterval', 'setImmediate']],
  [nodeCrypto, ['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'randomFill', 'getRandomValues']],
  [nodeFs, ['open', 'openSync', 'readFileSync', 'writev', 'write', 'fsync', 'fdatasync']],
]

export async function withoutRealTime<Verdict>(
  run: () => Promise<Verdict>,
): Promise<{ verdict: Verdict; touched: string[] }> {
  const touched: string[] = []
  const restore: (() => void)[] = []
  /** Throws when the caller of whoever calls this is ours. */
  const refuse = (name: string): void => {
    const caller = new Error().stack?.split('\n')[3] ?? ''
    if (!OURS.test(caller)) return
    touched.push(`${name} ${caller.trim()}`)
    throw new Error(`${name} is not for a simulated run`)
  }
  const replace = (owner: object, name: string, value: unknown): void => {
    const original = Reflect.get(owner, name) as unknown
    const set = (to: unknown): void =>
      void Reflect.defineProperty(owner, name, { value: to, configurable: true, writable: true })
    restore.push(() => set(original))
    set(value)
  }
  for (const [owner, names] of SOURCES) {
    for (const name of names) {
      const original = Reflect.get(owner, name) as AnyFunction
      const replacement = function (this: unknown, ...args: unknown[]): unknown {
        refuse(name)
        return original.apply(this, args)
      }
      replace(owner, name, Object.assign(replacement, original))
    }
  }
  // `new Date()` does not ask Date.now.
  const dates: ProxyHandler<DateConstructor> = {
    construct(target, args) {
      if (args.length === 0) refuse('new Date')
      return Reflect.construct(target, args) as object
    },
  }
  replace(globalThis, 'Date', new Proxy(Date, dates))
  syncBuiltinESMExports()
  try {
    return { verdict: await run(), touched }
  } finally {
    for (const undo of restore.reverse()) undo()
    syncBuiltinESMExports()
  }
}
