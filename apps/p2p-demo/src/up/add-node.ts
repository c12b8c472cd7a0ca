// One more process, which becomes a member.
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RaftError } from '@riverraft/core'
import { isDurable } from '../node/choices.js'
import type { Child } from './child.js'
import { changeMembers, tellChange } from './members.js'
import type { Storyteller } from './steps.js'

/** `name`: what the person expects it to be called. @throws CommandFailed, RaftError */
export async function addNode(teller: Storyteller, name?: string): Promise<void> {
  const { cluster, home, redis, signal, screen } = teller
  const next = `n${home.settings.nextNumber}`
  if (name !== undefined && name !== next) {
    throw new RaftError('ERR_INVALID_OPTION', `the next node is ${next}: no name is used twice`)
  }
  const { transport, storage } = home.settings
  if (!isDurable(storage)) throw new RaftError('ERR_INVALID_OPTION', 'not yet with --storage memory')
  const initial = home.settings.seats.map(({ name, address }) => `${name}=${address}`).join(',')
  const seat = await home.addSeat()
  await redis.start([seat], signal)
  await mkdir(home.directoryOf(next), { recursive: true })
  const roster = (of: string) => join(home.directoryOf(of), 'roster.json')
  await copyFile(roster(home.settings.seats[0]!.name), roster(next))
  const told = transport === 'libp2p' ? [] : ['--listen', seat.address!, '--members', initial]
  const child: Child = cluster.start(seat, told)
  const { id, address } = await cluster.until(() => {
    const { peer, addresses, started } = cluster.view(child)
    if (started === undefined || peer === undefined || addresses === undefined) return undefined
    return { id: peer, address: addresses[0]! }
  }, signal)
  tellChange(await changeMembers(cluster, { add: [{ id, address, role: 'voter' }] }, signal), screen)
}
