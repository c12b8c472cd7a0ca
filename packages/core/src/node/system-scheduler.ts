// This machine's time and chance, in node and in browsers.
import type { Scheduler } from '../ports/scheduler.js'

type NextTurn = (callback: () => void) => void

/** A macrotask: sockets and timers get their chance before it. node has setImmediate, browsers a message channel. */
function hostNextTurn(): NextTurn {
  const immediate = Reflect.get(globalThis, 'setImmediate') as NextTurn | undefined
  if (immediate !== undefined) return (callback) => immediate(callback)
  const waiting: (() => void)[] = []
  const channel = new MessageChannel()
  channel.port1.onmessage = () => waiting.shift()?.()
  return (callback) => {
    waiting.push(callback)
    channel.port2.postMessage(0)
  }
}

/** Hosts fire a longer timer at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

export function systemScheduler(): Scheduler {
  return {
    now: () => performance.now(),
    wallClock: () => Date.now(),
    wakeAt(at, callback) {
      let timer: ReturnType<typeof setTimeout>
      const wait = (): void => {
        // Rounded up: a timer that fires early would only have to be set again.
        const ms = Math.max(0, Math.ceil(at - performance.now()))
        timer = ms <= TIMER_MS_MAX ? setTimeout(callback, ms) : setTimeout(wait, TIMER_MS_MAX)
      }
      wait()
      return { cancel: () => clearTimeout(timer) }
    },
    nextTurn: hostNextTurn(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  }
}
