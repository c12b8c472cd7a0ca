// A real node in a process of its own, on a file system that fills up: nothing it acknowledged is ever lost.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from './harness/helpers.js'
import { runMember } from './harness/member.js'
import { MAY_MOUNT, tinyMount } from './harness/tiny-mount.js'

const DISK_BYTES = 2 * 1024 * 1024

interface Place {
  readonly directory: string
  /** Bytes that the port lets it have, 0: the file system decides. */
  quota: number
  /** Makes room for DISK_BYTES more. */
  free(): Promise<void>
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  'a mounted file system': async () => {
    const mount = await tinyMount(3 * DISK_BYTES)
    const ballast = ['ballast-1', 'ballast-2'].map((name) => join(mount, name))
    for (const file of ballast) await writeFile(file, Buffer.alloc(DISK_BYTES, 1))
    return { directory: join(mount, 'data'), quota: 0, free: () => rm(ballast.pop()!) }
  },
  'a quota in the port': async () => {
    const place = {
      directory: await temporaryDirectory(),
      quota: DISK_BYTES,
      async free() {
        place.quota += DISK_BYTES
      },
    }
    return place
  },
}

describe.each(Object.keys(places).filter((name) => MAY_MOUNT || name !== 'a mounted file system'))(
  '%s',
  (name) => {
    test('a full disk stops the node, and after space is freed it has everything it acknowledged', async () => {
      const place = await places[name]!()
      const { directory } = place
      const first = await runMember(directory, 'write', place.quota)
      expect(first.stopped).toMatchObject({
        code: 'ERR_STORAGE',
        cause: 'ENOSPC',
        message: expect.stringMatching(
          /The disk is full: free space and start again. What was acknowledged is safe/,
        ),
      })
      expect(first.acknowledged.length).toBeGreaterThan(100)
      // Every call under way is answered, and none as if it had been applied.
      expect(first.failed).toHaveLength(4)
      for (const { code } of first.failed) expect(code).toMatch(/^ERR_(OUTCOME_UNKNOWN|STOPPED|STORAGE)$/)
      expect(first.late).toBe(0)

      await place.free()
      const second = await runMember(directory, 'write', place.quota)
      expect(second.numbers).toEqual(expect.arrayContaining(first.acknowledged))
      expect(new Set(second.numbers).size).toBe(second.numbers!.length)
      expect(second.acknowledged.length).toBeGreaterThan(100)
      expect(second.stopped).toMatchObject({ code: 'ERR_STORAGE', cause: 'ENOSPC' })

      await place.free()
      const last = await runMember(directory, 'read', place.quota)
      const acknowledged = [...first.acknowledged, ...second.acknowledged]
      console.log(`${name}: full twice; ${acknowledged.length} commands were acknowledged, and all are there`)
      expect(last.numbers).toEqual(expect.arrayContaining(acknowledged))
      expect(last.stopped).toEqual({})
    })
  },
)
