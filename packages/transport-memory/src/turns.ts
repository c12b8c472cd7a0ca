// One queue for everything that happens on the network: jobs run in batches, one macrotask later, never re-entrantly.

/** Runs what was queued in one turn in the next, in order. What those jobs queue waits for the turn after. */
export class Turns {
  #jobs: (() => void)[] = []

  push(job: () => void): void {
    this.#jobs.push(job)
    if (this.#jobs.length === 1) nextTurn(this.#run)
  }

  readonly #run = (): void => {
    const jobs = this.#jobs
    this.#jobs = []
    for (const job of jobs) job()
  }
}

type NextTurn = (callback: () => void) => unknown

/** After sockets and timers had their chance: setImmediate under node, a message to ourselves in a browser. */
const nextTurn: NextTurn = (globalThis as { setImmediate?: NextTurn }).setImmediate ?? messageTurns()

function messageTurns(): NextTurn {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return (callback) => {
    waiting.push(callback)
    port2.postMessage(undefined)
  }
}
