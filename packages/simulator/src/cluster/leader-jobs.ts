// Every server has a job for whoever leads: it runs only there, one at a time, and one for each term at most.
import type { NodeId, RaftNode, Term } from '@riverraft/core'
import type { NodeView } from '../checkers/node-view.js'
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'

const PROPERTY = 'while-leader'
/** What a job that was told to end still has to do. */
const CLEAN_UP_MS = 40

interface Job {
  readonly node: NodeId
  readonly process: Process
  readonly term: Term
  readonly signal: AbortSignal
}

export class LeaderJobs {
  readonly #world: World
  /** Jobs that have not settled. */
  readonly #running = new Set<Job>()
  /** The terms that have had one: it is the fencing token. */
  readonly #terms = new Set<Term>()

  constructor(world: World) {
    this.#world = world
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the state machine is
  watch(node: RaftNode<any, any, any>, process: Process, view: NodeView): void {
    void node.whileLeader(({ signal, term }) => this.#run({ node: view.id, process, term, signal }, view))
  }

  #run(job: Job, view: NodeView): Promise<void> {
    const { node, process, term, signal } = job
    if (!process.alive) return Promise.resolve()
    const said = `the job of ${node} in term ${term}`
    if (view.role !== 'leader' || view.term !== term) this.#fail(`${said} begins, and it is ${view.role}`)
    if (this.#terms.has(term)) this.#fail(`${said} is the second one of this term`)
    for (const other of this.#alive()) if (other.node === node) this.#fail(`${said} begins beside another`)
    this.#terms.add(term)
    this.#running.add(job)
    this.#world.coverage.hit('leader job: begun')
    return new Promise((resolve) => {
      const end = (): void => {
        this.#running.delete(job)
        this.#world.touchPromises()
        resolve()
      }
      signal.addEventListener('abort', () => {
        this.#world.coverage.hit('leader job: told to end')
        if (term % 2 === 0) end()
        else this.#world.after(CLEAN_UP_MS, end)
      })
    })
  }

  /** The leader's job runs, and nobody else's does. */
  judgeAtRest(leader: NodeId | undefined): void {
    const active = this.#alive().filter(({ signal }) => !signal.aborted)
    const those = active.map(({ node, term }) => `${node} in term ${term}`).join(', ')
    if (active.length !== 1 || active[0]!.node !== leader)
      this.#fail(`${leader} leads, and jobs run of: ${those || 'nobody'}`)
  }

  #alive(): Job[] {
    return [...this.#running].filter(({ process }) => process.alive)
  }

  #fail(message: string): void {
    this.#world.fail(PROPERTY, message)
  }
}
