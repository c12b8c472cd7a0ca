// What a node that is no member can say to one that is, before it listens itself. A transport without `knock` cannot do it,
// and passes: nodes cannot join by asking over it.
import type { Knock, Transport } from '@riverraft/core'
import { check, same } from '../assert.js'
import { joinAsk } from './frames.js'
import type { TransportPlace } from './place.js'
import type { RecordingHost } from './recording-host.js'

type Contract = Record<string, (place: TransportPlace) => Promise<void>>

const never = new AbortController().signal

interface Knocking {
  readonly a: RecordingHost
  readonly x: RecordingHost
  readonly mine: Knock
  readonly theirs: Knock
}

/** x, which does not listen, knocks at a, which is the only member it knows; undefined: this transport cannot. */
async function knocking({ host }: TransportPlace): Promise<Knocking | undefined> {
  const [a, x] = [await host('a'), await host('x')]
  if (x.transport.knock === undefined) return undefined
  await a.listen(a.member)
  const mine = await x.transport.knock(x.id, a.address, never)
  // A driver may carry nothing before the first message; that one begins as a join dialogue does.
  mine.send(joinAsk(x.id))
  await a.until('a knock')
  return { a, x, mine, theirs: a.knocks[0]! }
}

export const knocks: Contract = {
  'whoever knocks is heard, though no member, and messages go both ways in order': async (place) => {
    const door = await knocking(place)
    if (door === undefined) return
    const { x, mine, theirs } = door
    same(await theirs.receive(), joinAsk(x.id), 'the first message')
    for (const byte of [1, 2, 3]) theirs.send(new Uint8Array([byte]))
    for (const byte of [1, 2, 3]) same([...(await mine.receive())!], [byte], `message ${byte}`)
    mine.send(new Uint8Array([4]))
    same([...(await theirs.receive())!], [4], 'message 4')
    same([undefined, x.id].includes(theirs.peer), true, 'whether it is nobody else who is said to be there')
  },

  'a message that was sent before the end arrives, and then both sides know it is over': async (place) => {
    const door = await knocking(place)
    if (door === undefined) return
    const { mine, theirs } = door
    await theirs.receive()
    theirs.send(new Uint8Array([5]))
    theirs.close()
    same([...((await mine.receive()) ?? [])], [5], 'the last message')
    same(await mine.receive(), undefined, 'what comes after it')
    same(await theirs.receive(), undefined, 'what this side hears after it closed')
    mine.close()
  },

  'a node that is closed takes its knocks with it, and nobody is there any more': async (place) => {
    const door = await knocking(place)
    if (door === undefined) return
    const { a, x, mine, theirs } = door
    await theirs.receive()
    const waiting = [mine.receive(), theirs.receive()]
    await place.stop(a)
    same(await Promise.all(waiting), [undefined, undefined], 'what both sides hear')
    check(await fails(x.transport, x.id, a.address), 'somebody answered where nobody listens')
  },
}

async function fails(transport: Transport, from: string, address: string): Promise<boolean> {
  return transport.knock!(from, address, never).then(
    () => false,
    () => true,
  )
}
