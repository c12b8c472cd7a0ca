// What is written is what is read: positions, sizes, holes, short reads, and many calls at once.
import assert from 'node:assert/strict'
import { bytesOf, type Contract, contentOf, create, read, sync, using, write } from './place.js'

export const contents: Contract = {
  'buffers are written one after another, from the position on': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, '..........')
    await using(place, path, 'write', (file) => write(place, file, 2, 'ab', '', 'c', 'def'))
    assert.equal(await contentOf(place, path), '..abcdef..')
  },

  'writing goes over what was there, and beyond the end': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'first')
    await using(place, path, 'write', async (file) => {
      await write(place, file, 3, 'SECOND')
      assert.equal(await place.fileSystem.size(file), 9)
      assert.equal(await read(place, file), 'firSECOND')
      await write(place, file, 0, 'third')
      assert.equal(await place.fileSystem.size(file), 9)
      assert.equal(await read(place, file), 'thirdCOND')
    })
  },

  'a file is cut off, and what is written behind that stands behind zeros': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    await using(place, path, 'write', async (file) => {
      await place.fileSystem.truncate(file, 3)
      assert.equal(await place.fileSystem.size(file), 3)
      assert.equal(await read(place, file), 'con')
      await place.fileSystem.truncate(file, 3)
      await write(place, file, 5, '!')
      assert.equal(await read(place, file), 'con\0\0!')
    })
  },

  'a hole is zeros': async (place) => {
    await using(place, `${place.directory}/a`, 'create', async (file) => {
      await write(place, file, 9_000, 'end')
      assert.equal(await place.fileSystem.size(file), 9_003)
    })
    await using(place, `${place.directory}/a`, 'read', async (file) => {
      assert.equal(await read(place, file, 0, 10_000), `${'\0'.repeat(9_000)}end`)
    })
  },

  'reading is short at the end, and nothing beyond it': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    await using(place, path, 'read', async (file) => {
      const bytes = new Uint8Array(20).fill(9)
      const count = await place.fileSystem.read(file, bytes, 4)
      assert.ok(count >= 1 && count <= 3, `${count} bytes of three`)
      assert.deepEqual(bytes.subarray(count), new Uint8Array(20 - count).fill(9), 'the rest is left alone')
      assert.equal(await read(place, file, 4), 'ent')
      assert.equal(await place.fileSystem.read(file, bytes, 7), 0)
      assert.equal(await place.fileSystem.read(file, bytes, 10_000), 0)
    })
  },

  'reading fills what it is given, and nothing around it': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    await using(place, path, 'read', async (file) => {
      const whole = bytesOf('..........')
      const count = await place.fileSystem.read(file, whole.subarray(2, 5), 1)
      assert.ok(count >= 1 && count <= 3, `${count} bytes of three`)
      const expected = `..${'ont'.slice(0, count)}${'.'.repeat(8 - count)}`
      assert.equal(new TextDecoder().decode(whole), expected)
    })
  },

  'a write tells how many bytes it took, and calls back once': async (place) => {
    const buffers = [bytesOf('abc'), bytesOf('defg')]
    await using(place, `${place.directory}/a`, 'create', async (file) => {
      const answers: (readonly [error: unknown, written: number])[] = []
      await new Promise<void>((resolve) => {
        place.fileSystem.write(file, buffers, 0, (error, written) => {
          answers.push([error, written])
          resolve()
        })
      })
      const syncs: unknown[] = []
      await new Promise<void>((resolve) => {
        place.fileSystem.sync(file, (error) => {
          syncs.push(error ?? undefined)
          resolve()
        })
      })
      const written = answers[0]![1]
      assert.ok(written >= 1 && written <= 7, `${written} bytes of seven`)
      assert.equal(await place.fileSystem.size(file), written)
      assert.equal(await read(place, file), 'abcdefg'.slice(0, written))
      assert.equal(answers.length, 1)
      assert.deepEqual(syncs, [undefined])
    })
  },

  'buffers are the caller’s again once the write has completed': async (place) => {
    const bytes = bytesOf('content')
    await using(place, `${place.directory}/a`, 'create', async (file) => {
      await new Promise<void>((resolve, reject) => {
        place.fileSystem.write(file, [bytes], 0, (error) => (error ? reject(error) : resolve()))
      })
      bytes.fill(0)
      const size = await place.fileSystem.size(file)
      assert.equal(await read(place, file), 'content'.slice(0, size))
      await sync(place, file)
      assert.equal(await read(place, file), 'content'.slice(0, size))
    })
  },

  'many calls at once do not disturb each other': async (place) => {
    const paths = Array.from({ length: 8 }, (_, i) => `${place.directory}/${i}`)
    await Promise.all(
      paths.map((path, i) =>
        using(place, path, i % 2 === 0 ? 'create' : 'create-log', async (file) => {
          const parts = Array.from({ length: 20 }, (_, part) => part)
          await Promise.all(
            parts.map(async (part) => {
              await write(place, file, part * 4, `${i}:${String(part).padStart(2, '0')}`)
              await sync(place, file)
              assert.equal(await read(place, file, part * 4, 4), `${i}:${String(part).padStart(2, '0')}`)
            }),
          )
        }),
      ),
    )
    for (const [i, path] of paths.entries()) {
      const all = Array.from({ length: 20 }, (_, part) => `${i}:${String(part).padStart(2, '0')}`)
      assert.equal(await contentOf(place, path), all.join(''))
    }
  },
}
