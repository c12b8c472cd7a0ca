// The prompt after the story: try it yourself, against the same cluster.
import { type Answer, type Command, isWrite } from '../control/commands.js'
import { epochMs, failureOf } from '../control/events.js'
import { isDurable } from '../node/choices.js'
import { helpLines } from '../prompt/help.js'
import { runLoop } from '../prompt/loop.js'
import type { Line } from '../prompt/parse.js'
import { describeAnswer, describeFailure, withNames } from '../ui/answers.js'
import type { Output, Screen } from '../ui/screen.js'
import { holdersOf } from './acknowledgements.js'
import type { Child } from './child.js'
import type { DemoCluster } from './cluster.js'
import { carryOutMemberLine, type MemberLine } from './member-lines.js'
import { recover, tellRecovery } from './recovery.js'
import type { UpHome } from './settings.js'
import { statusTable } from './status.js'
import { STEP_TIMEOUT_MS, type Storyteller } from './steps.js'
import { NO_RETURN } from './story.js'

const REQUEST_TIMEOUT_MS = 5_000

export interface UpPromptOptions extends Storyteller {
  readonly input: NodeJS.ReadableStream
  readonly output: Output
}

/** Resolves when the person leaves. */
export async function runPrompt(options: UpPromptOptions): Promise<void> {
  const prompt = new UpPrompt(options)
  options.screen.say('The cluster is yours. Type help for what you can do, quit to leave.')
  await runLoop({ ...options, scope: 'up', prompt: 'raft> ', carryOut: (line) => prompt.carryOut(line) })
}

class UpPrompt {
  readonly #teller: Storyteller
  readonly #cluster: DemoCluster
  readonly #screen: Screen
  readonly #home: UpHome
  readonly #signal: AbortSignal
  /** The node that was asked to watch last. */
  #watching: Child | undefined

  constructor(teller: Storyteller) {
    const { cluster, screen, home, signal } = teller
    this.#teller = teller
    this.#cluster = cluster
    this.#screen = screen
    this.#home = home
    this.#signal = signal
  }

  async carryOut(line: Exclude<Line, { type: 'quit' | 'empty' }>): Promise<void> {
    switch (line.type) {
      case 'wrong':
        return this.#screen.text(line.message)
      case 'help':
        for (const text of helpLines('up')) this.#screen.text(text)
        return
      case 'kill':
        return this.#kill(line.target)
      case 'start':
        return this.#start(line.target)
      case 'members':
      case 'add':
      case 'change':
      case 'transfer':
        return this.#changeMembers(line)
      case 'command':
        return this.#send(line.command, line.at)
      default:
        return line satisfies never
    }
  }

  async #send(command: Command, at: string | undefined): Promise<void> {
    if (command.type === 'status') {
      for (const row of await statusTable(this.#cluster)) this.#screen.text(row)
      return
    }
    const node = at === undefined ? this.#anyFor(command) : this.#living(at)
    if (node === undefined) {
      return this.#screen.text(at === undefined ? 'No process is left.' : `There is no living node "${at}".`)
    }
    try {
      const answer = (await node.ask(command, REQUEST_TIMEOUT_MS)) as Exclude<Answer, { type: 'status' }>
      this.#screen.line(epochMs(), node.name, describeAnswer(answer))
      if (answer.type === 'watch') this.#watching = answer.prefix === null ? undefined : node
      if (isWrite(answer)) await this.#tellHolders(answer.index, node.name)
    } catch (error) {
      // Everything is being stopped: that no answer came is no news.
      if (this.#signal.aborted) return
      this.#screen.line(epochMs(), node.name, this.#screen.style('red', this.#words(error)))
      this.#explainLostMajority()
    }
  }

  async #tellHolders(index: number, name: string): Promise<void> {
    const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    const holders = await holdersOf(index, this.#cluster, limit).catch(() => undefined)
    const text =
      holders === undefined ? 'no leader is there to say who holds it' : `held by ${holders.join(', ')}`
    this.#screen.line(epochMs(), name, `  ${text}`)
  }

  #kill(target: string): void {
    const child = target === 'leader' ? this.#cluster.leadership()?.leader : this.#living(target)
    if (child === undefined) {
      const why =
        target === 'leader' ? 'There is no leader right now.' : `There is no living node "${target}".`
      return this.#screen.text(why)
    }
    const at = this.#cluster.kill(child)
    this.#screen.line(at, child.name, this.#screen.style('red', `is killed, process ${child.pid}`))
    if (child === this.#watching) this.#screen.text(`The watch was on ${child.name} and ended with it.`)
    this.#explainLostMajority()
  }

  async #start(target: string | undefined): Promise<void> {
    const cluster = this.#cluster
    const gone = target === undefined ? cluster.children.find(({ alive }) => !alive) : cluster.byName(target)
    if (gone === undefined) {
      return this.#screen.text(target === undefined ? 'All are running.' : `There is no node "${target}".`)
    }
    if (gone.alive) return this.#screen.text(`${gone.name} is running.`)
    if (!isDurable(this.#home.settings.storage)) return this.#screen.say(NO_RETURN)
    // With neither a leader nor a majority to elect one, there is nobody to catch up with.
    if (cluster.leadership() === undefined && !cluster.hasMajority) {
      await cluster.restart(gone)
      return
    }
    const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(STEP_TIMEOUT_MS)])
    try {
      tellRecovery(await recover(cluster, gone, limit), this.#screen)
    } catch (error) {
      if (this.#signal.aborted) return
      this.#screen.line(epochMs(), gone.name, this.#words(error))
    }
  }

  async #changeMembers(line: MemberLine): Promise<void> {
    try {
      await carryOutMemberLine(line, this.#teller)
    } catch (error) {
      if (this.#signal.aborted) return
      this.#screen.line(epochMs(), undefined, this.#screen.style('red', this.#words(error)))
      this.#explainLostMajority()
    }
  }

  #words(error: unknown): string {
    return withNames(describeFailure(failureOf(error)), (peer) => this.#cluster.nameOf(peer))
  }

  #explainLostMajority(): void {
    const { living, children, hasMajority } = this.#cluster
    if (hasMajority) return
    this.#screen.say(
      `${living.length} of ${children.length} are left, no majority: nothing can be committed any more. ` +
        'Reads and writes wait and then fail; none of them lies.',
    )
  }

  /** One watches at a time, and "watch off" is for that one. */
  #anyFor(command: Command): Child | undefined {
    const isEnd = command.type === 'watch' && command.prefix === null
    return isEnd && this.#watching?.alive ? this.#watching : this.#cluster.living[0]
  }

  #living(name: string): Child | undefined {
    return this.#cluster.living.find((child) => child.name === name)
  }
}
