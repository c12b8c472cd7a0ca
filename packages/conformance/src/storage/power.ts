// What must be there when the power comes back.
import { check, same } from '../assert.js'
import { type Contract, IDENTITY } from './bench.js'
import { batch, block, entries, logFrom, restarting, stored, vote } from './entries.js'
import type { PowerPlace } from './place.js'
import { bytes, chunks, expectSnapshot, metadataOf } from './snapshot-content.js'

export const power: Contract<PowerPlace> = {
  'a formatted storage stays formatted': async (bench) => {
    await bench.open()
    await bench.place.losePower()
    const { formatted, incarnation, members } = await bench.bootAgain()
    same(
      { formatted, incarnation, members },
      { formatted: false, incarnation: IDENTITY.incarnation, members: IDENTITY.members },
      'what open returns',
    )
  },

  'a completed write is there: a vote': async (bench) => {
    await bench.open()
    for (let term = 1; term < 12; term++) {
      await bench.written(vote(term, `n${term}`))
      await bench.place.losePower()
      same(
        (await bench.bootAgain()).hardState,
        { currentTerm: term, votedFor: `n${term}` },
        `hard state after loss ${term}`,
      )
    }
  },

  'a completed write is there: entries, truncations and what came with them': async (bench) => {
    await bench.open()
    let expected: string[] = []
    for (let term = 1; term < 12; term++) {
      const from = Math.max(1, expected.length - 2)
      const hardState = { currentTerm: term, votedFor: undefined }
      const blocks = [
        stored(block(Math.max(1, from - 1), 4, term), from),
        block(Math.max(1, from - 1) + 4, 3, term),
      ]
      await bench.written({ ...batch(blocks, from), hardState })
      expected = [...expected.slice(0, from - 1), ...entries(from, Math.max(1, from - 1) + 6, term)]
      await bench.place.losePower()
      same((await bench.bootAgain()).hardState, hardState, `hard state after loss ${term}`)
      same(await logFrom(bench.storage), expected, `the log after loss ${term}`)
    }
  },

  'a write under way is there as a whole or not at all': async (bench) => {
    await bench.open()
    let log = ['1@1', '2@1', '3@1', '4@1']
    let hardState = { currentTerm: 1, votedFor: 'a' }
    await bench.written({ ...batch([block(1, 4)]), hardState })
    let lost = 0
    let kept = 0
    for (let ticks = 0; ticks < 300 && kept < 8; ticks += 1 + Math.floor(ticks / 10)) {
      const term = hardState.currentTerm + 1
      const after = [...log.slice(0, 2), ...entries(3, 8, term)]
      const afterState = { currentTerm: term, votedFor: 'b' }
      let completed = false
      void bench
        .write({ ...batch([block(3, 4, term), block(7, 2, term)], 3), hardState: afterState })
        .then(() => {
          completed = true
        })
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      const wasCompleted = completed
      await bench.place.losePower()
      const stored = await bench.bootAgain()
      const found = { log: await logFrom(bench.storage), hardState: stored.hardState }
      const happened = stored.hardState.currentTerm === term
      const [before, whole] = [
        { log, hardState },
        { log: after, hardState: afterState },
      ]
      same(found, happened ? whole : before, `what is there, the power lost after ${ticks} ticks`)
      check(happened || !wasCompleted, `the write was completed after ${ticks} ticks, and is gone`)
      if (happened) [log, hardState] = [after, afterState]
      if (happened) kept++
      else lost++
    }
    check(lost + kept > 0, 'nothing was tried')
  },

  'what an opening has returned stays, whatever happens next': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 4)]))
    for (let ticks = 0; ticks < 40; ticks += 3) {
      void bench.write(batch([block((await logFrom(bench.storage)).length + 1, 2)]))
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      await bench.place.losePower()
      const told = await bench.bootAgain()
      await bench.place.losePower()
      same(await bench.bootAgain(), told, 'what the next opening returns')
    }
  },
}

export const snapshotPower: Contract<PowerPlace> = {
  'a saved snapshot is there': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    for (const index of [2, 4, 6, 8]) {
      const content = bytes(30_000 * index, index)
      await bench.storage.saveSnapshot(metadataOf(index), chunks(content, '!'))
      await bench.place.losePower()
      same((await bench.bootAgain()).snapshot, metadataOf(index), 'the snapshot that open returns')
      await expectSnapshot(bench.storage, metadataOf(index), new Uint8Array([...content, 0x21]))
    }
    same(await logFrom(bench.storage), entries(1, 9), 'the log')
  },

  'of one that was being saved nothing is there, and the one before it is': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('whole'))
    for (const size of [0, 10, 1_500_000]) {
      await new Promise<void>((waits) => {
        const endless = async function* (): AsyncGenerator<Uint8Array> {
          yield* chunks(bytes(size, 1))
          waits()
          await new Promise(() => {})
        }
        void bench.storage.saveSnapshot(metadataOf(5), endless()).catch(() => {})
      })
      await bench.place.losePower()
      same((await bench.bootAgain()).snapshot, metadataOf(2), 'the snapshot that open returns')
      await expectSnapshot(bench.storage, metadataOf(2), 'whole')
    }
    await bench.storage.saveSnapshot(metadataOf(5), chunks('again'))
    await expectSnapshot(bench.storage, metadataOf(5), 'again')
  },

  'a snapshot that replaces another one is there as a whole, or the other one is': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 99)]))
    await bench.storage.saveSnapshot(metadataOf(1), chunks('at 1'))
    let newest = 1
    for (let ticks = 0; ticks < 80; ticks += 2) {
      const index = newest + 1
      let saved = false
      void bench.storage.saveSnapshot(metadataOf(index), chunks(`at ${index}`)).then(() => {
        saved = true
      })
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      const wasSaved = saved
      await bench.place.losePower()
      const found = (await bench.bootAgain()).snapshot?.index
      check(
        found === index || (found === newest && !wasSaved),
        `after ${ticks} ticks the snapshot is of ${found}`,
      )
      newest = found
      await expectSnapshot(bench.storage, metadataOf(newest), `at ${newest}`)
    }
  },

  'compaction leaves no gap, whenever the power is lost': async (bench) => {
    await bench.open()
    let last = 0
    for (let ticks = 0; ticks < 60; ticks += 3) {
      for (let i = 0; i < 4; i++, last += 10)
        await bench.written(batch([block(last + 1, 10, 1, { padding: 120 })]))
      await bench.storage.saveSnapshot(metadataOf(last - 5), chunks(`at ${last - 5}`))
      void bench.storage.compact(last - 5).catch(() => {})
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      await bench.place.losePower()
      const { runs, snapshot } = await bench.bootAgain()
      same(snapshot, metadataOf(last - 5), 'the snapshot that open returns')
      check((runs[0]?.firstIndex ?? 1) <= last - 4, `the log begins at ${runs[0]?.firstIndex}`)
      same(await logFrom(bench.storage, last - 4), entries(last - 4, last), 'the log behind the snapshot')
    }
  },

  'a log that restarts behind a snapshot does so as a whole, or not at all': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    let index = 20
    for (let ticks = 0; ticks < 60; ticks += 3, index += 10) {
      await bench.storage.saveSnapshot(metadataOf(index, 3), chunks(`at ${index}`))
      let completed = false
      void bench
        .write({
          ...restarting(index, 3, [block(index + 1, 2, 3)]),
          hardState: { currentTerm: index, votedFor: 'a' },
        })
        .then(() => {
          completed = true
        })
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      const wasCompleted = completed
      await bench.place.losePower()
      const { runs, hardState } = await bench.bootAgain()
      const happened = hardState.currentTerm === index
      check(happened || !wasCompleted, `the write was completed after ${ticks} ticks, and is gone`)
      same(runs, happened ? [{ firstIndex: index + 1, lastIndex: index + 2, term: 3 }] : [], 'runs')
      same(
        await logFrom(bench.storage, index + 1),
        happened ? entries(index + 1, index + 2, 3) : [],
        'the log',
      )
    }
  },
}
