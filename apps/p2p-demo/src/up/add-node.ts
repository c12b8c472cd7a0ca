// `add` at the prompt: one more process, which becomes a member.
import { RaftError } from '@riverraft/core'
import { joinAnew, tellJoined } from './join.js'
import type { Storyteller } from './steps.js'

/** `name`: what the person expects it to be called. @throws CommandFailed, RaftError, or why it did not join */
export async function addNode(teller: Storyteller, name?: string): Promise<void> {
  const { cluster, home, screen } = teller
  const next = `n${home.settings.nextNumber}`
  if (name !== undefined && name !== next) {
    throw new RaftError('ERR_INVALID_OPTION', `the next node is ${next}: no name is used twice`)
  }
  tellJoined(await joinAnew(teller), teller)
  screen.result(`${cluster.voters.length} voters now: a majority is ${cluster.majority}.`)
}
