import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NodeHome, type NodeSettings } from '../../src/node/home.js'
import { UpHome } from '../../src/up/settings.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'riverraft-demo-test-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const SETTINGS: NodeSettings = {
  cluster: 'garden',
  transport: 'libp2p',
  storage: 'file',
  listen: '/ip4/127.0.0.1/tcp/4001',
  creates: true,
  standing: 'new',
  via: [],
}

describe("a node's directory", () => {
  test('gives back what was kept in it, and holds nothing half written', async () => {
    const home = await NodeHome.open(join(directory, 'n1'), {})
    expect(home.settings).toBeUndefined()
    await home.keep(SETTINGS)
    const via = ['/ip4/127.0.0.1/tcp/4002']
    await Promise.all([home.change({ standing: 'member' }), home.change({ via })])
    const again = await NodeHome.open(home.directory, { cluster: 'garden' })
    expect(again.settings).toEqual({ ...SETTINGS, standing: 'member', via })
    expect(readdirSync(home.directory)).toEqual(['node.json'])
  })

  test.each<Partial<NodeSettings>>([{ cluster: 'orchard' }, { transport: 'tcp' }, { storage: 'redis' }])(
    'refuses %o',
    async (said) => {
      await (await NodeHome.open(directory, {})).keep(SETTINGS)
      await expect(NodeHome.open(directory, said)).rejects.toMatchObject({ code: 'ERR_STORAGE_IDENTITY' })
    },
  )

  test.each([
    ['{"cluster":"garden"'],
    [JSON.stringify({ ...SETTINGS, transport: 'pigeon' })],
    [JSON.stringify({ ...SETTINGS, standing: 'king' })],
    [JSON.stringify({ ...SETTINGS, via: [1] })],
    ['null'],
  ])('says that node.json is damaged: %s', async (text) => {
    writeFileSync(join(directory, 'node.json'), text)
    await expect(NodeHome.open(directory, {})).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringContaining('node.json'),
    })
  })
})

describe("a cluster's directory", () => {
  test('remembers every choice, ports included, and refuses others', async () => {
    const first = await UpHome.open({ data: directory, transport: 'tcp', storage: 'redis', size: 5 })
    expect(first).toMatchObject({ continues: false, settings: { cluster: 'demo', size: 5 } })
    const { seats } = first.settings
    expect(seats.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'])
    expect(new Set(seats.flatMap(({ address, redisPort }) => [address, redisPort])).size).toBe(10)
    expect((await UpHome.open({ data: directory })).settings).toEqual(first.settings)
    await expect(UpHome.open({ data: directory, size: 3 })).rejects.toMatchObject({
      message: expect.stringContaining('--size 5, not 3'),
    })
  })

  test('remembers who was added and who was removed, and uses no name twice', async () => {
    const home = await UpHome.open({ data: directory, transport: 'websocket', storage: 'redis' })
    const added = await home.addSeat()
    expect(added).toMatchObject({ name: 'n4', address: expect.stringMatching(/^ws:/) })
    await home.removeSeat('n4')
    await home.removeSeat('n2')
    const again = await UpHome.open({ data: directory })
    expect(again.settings).toEqual(home.settings)
    expect((await again.addSeat()).name).toBe('n5')
    expect(again.settings.seats.map(({ name }) => name)).toEqual(['n1', 'n3', 'n5'])
  })

  test('continues from the moment the first node has created the cluster', async () => {
    const first = await UpHome.open({ data: directory })
    const node = await NodeHome.open(join(directory, 'n1'), {})
    await node.keep(SETTINGS)
    expect((await UpHome.open({ data: directory })).continues).toBe(false)
    await node.change({ standing: 'member' })
    const again = await UpHome.open({ data: directory })
    expect([again.continues, again.settings]).toEqual([true, first.settings])
  })

  test('has a secret of its own, which stays', async () => {
    const { secretFile } = await UpHome.open({ data: directory })
    const text = readFileSync(secretFile, 'utf8')
    expect(statSync(secretFile).mode & 0o777).toBe(0o600)
    await UpHome.open({ data: directory })
    expect(readFileSync(secretFile, 'utf8')).toBe(text)
  })
})
