// The one thing a simulation takes from its host: a macrotask, to let settled promises be heard. Looked up when the
// module loads, so that a run can be watched with every source of real time and chance taken away.

type Immediate = (callback: () => void) => void

function hostMacrotask(): Immediate {
  const immediate = Reflect.get(globalThis, 'setImmediate') as Immediate | undefined
  if (immediate !== undefined) return immediate
  const waiting: (() => void)[] = []
  const channel = new MessageChannel()
  channel.port1.onmessage = () => waiting.shift()?.()
  return (callback) => {
    waiting.push(callback)
    channel.port2.postMessage(0)
  }
}

const immediate = hostMacrotask()

/** Resolves when every promise that is settled by now has been heard, and what that settled, and so on. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => immediate(resolve))
}
