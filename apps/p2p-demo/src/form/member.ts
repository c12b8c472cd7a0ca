// A member of a cluster that has formed: whoever missed the list gets it, everybody else is turned away.
import type { Libp2p } from '@libp2p/interface'
import { RaftError } from '@riverraft/core'
import { LineStream } from './line-stream.js'
import { type Ask, FORM_PROTOCOL, type Formed, type Refused, refused } from './protocol.js'

const ASK_WITHIN_MS = 5_000

export async function answerAsMember(libp2p: Libp2p, formed: Formed): Promise<void> {
  await libp2p.handle(FORM_PROTOCOL, async (stream, connection) => {
    const lines = new LineStream(stream)
    try {
      const ask = await lines.receive(ASK_WITHIN_MS)
      if (ask.type !== 'ask') throw new RaftError('ERR_DECODE', `expected an ask, got ${ask.type}`)
      lines.send(answerTo(connection.remotePeer.toString(), ask, formed))
      lines.close()
    } catch (error) {
      lines.cut(error as Error)
    }
  })
}

function answerTo(from: string, ask: Ask, formed: Formed): Formed | Refused {
  const { cluster, members } = formed
  if (ask.cluster !== cluster) {
    return refused('wrong-cluster', `this is cluster "${cluster}", not "${ask.cluster}"`)
  }
  if (members.some(({ id }) => id === from)) return formed
  return refused('full', `cluster "${cluster}" already has its ${members.length} members`)
}
