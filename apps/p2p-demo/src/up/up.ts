// `riverraft-demo up`: starts the cluster, tells the story, stays at a prompt on a terminal, stops everything.
import { constants } from 'node:os'
import { epochMs, failureOf } from '../control/events.js'
import { watchSignals } from '../signals.js'
import { withNames } from '../ui/answers.js'
import { describe } from '../ui/describe.js'
import type { Output, Screen } from '../ui/screen.js'
import type { Child, Exit } from './child.js'
import { DemoCluster } from './cluster.js'
import { News } from './news.js'
import { runPrompt } from './prompt.js'
import { RedisServers } from './redis-servers.js'
import { type UpFlags, UpHome } from './settings.js'
import { tellBeginning, tellStory } from './story.js'

export interface UpOptions {
  /** The program whose `node` command is a node. */
  readonly cli: string
  readonly flags: UpFlags
  /** Where a person types, if there is one. */
  readonly terminal: { readonly input: NodeJS.ReadableStream; readonly output: Output } | undefined
}

/** The launcher was told to stop. */
class Interrupted extends Error {
  readonly status: number

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`)
    this.status = 128 + constants.signals[signal]
  }
}

/**
 * Resolves with the exit status: 0, 1 when a step failed, 128 + n after signal n. No process is left behind.
 * @throws UsageError
 */
export async function up({ cli, flags, terminal }: UpOptions, screen: Screen): Promise<number> {
  let home: UpHome
  try {
    home = await UpHome.open(flags)
  } catch (error) {
    const { code, message } = failureOf(error)
    if (code === 'UsageError') throw error
    screen.title(screen.style('red', `${code}: ${message}`))
    return 1
  }
  const end = new AbortController()
  const unwatch = watchSignals((signal) => end.abort(new Interrupted(signal)))
  let storyEnded = false
  let over = false
  const news = new News()
  const nameOf = (peer: string) => cluster.nameOf(peer)
  const cluster = new DemoCluster({
    cli,
    home,
    mdns: flags.mdns === true,
    onReport: ({ at, name, event }) => {
      // When all are told to stop, that they lose each other is no news.
      if (!over && news.isNews(event, cluster.leads(name))) screen.line(at, name, describe(event, nameOf))
    },
    onStart: (child) => screen.line(epochMs(), child.name, `starts, process ${child.pid}`),
    onAccident: (child, exit) => {
      // Ctrl-C goes to every process of the terminal; a node that is only just starting may be the first to obey.
      if (exit.signal === 'SIGINT') return end.abort(new Interrupted('SIGINT'))
      const accident = new Error(`the process of ${child.name} ended by itself: ${causeOf(child, exit)}`)
      if (storyEnded) screen.line(epochMs(), child.name, screen.style('red', accident.message))
      else end.abort(accident)
    },
    onRemoved: (child) =>
      screen.line(epochMs(), child.name, 'was removed from the cluster: its process has ended (ERR_REMOVED)'),
  })
  const redis = new RedisServers(home)
  const tell = async () => {
    await redis.start(home.settings.seats, end.signal)
    const teller = { cluster, screen, home, redis, signal: end.signal }
    await tellBeginning(teller)
    // Who comes back to a terminal has seen the story.
    if (home.continues && terminal !== undefined) return
    await tellStory(teller)
    screen.title('Every step held.')
  }
  try {
    await unlessAborted(tell(), end.signal)
    storyEnded = true
    if (terminal !== undefined) {
      await runPrompt({ cluster, screen, home, redis, ...terminal, signal: end.signal })
      end.signal.throwIfAborted()
    }
    return 0
  } catch (error) {
    if (error instanceof Interrupted) return error.status
    screen.title(screen.style('red', `The story failed: ${withNames(failureOf(error).message, nameOf)}`))
    return 1
  } finally {
    over = true
    unwatch()
    await cluster.stop()
    await redis.stop()
    home.dispose()
    screen.text('All processes have ended.')
    if (flags.data !== undefined)
      screen.text(`riverraft-demo up --data ${flags.data} continues this cluster.`)
  }
}

function causeOf(child: Child, { code, signal }: Exit): string {
  const how = signal ?? `exit status ${code}`
  return child.errorOutput === '' ? how : `${how}\n${child.errorOutput}`
}

/** Ctrl-C does not wait for answers that are under way. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    promise.then(resolve, reject)
  })
}
