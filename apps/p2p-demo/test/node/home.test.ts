import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Formed } from '../../src/form/protocol.js'
import { NodeHome, type NodeSettings } from '../../src/node/home.js'
import { openUpHome } from '../../src/up/settings.js'

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
}
const FORMED: Formed = {
  type: 'formed',
  cluster: 'garden',
  clusterId: 'garden-1',
  members: [{ id: 'a', address: '/ip4/127.0.0.1/tcp/4001', role: 'voter' }],
}

describe("a node's directory", () => {
  test('gives back what was kept in it, and holds nothing half written', async () => {
    const home = await NodeHome.open(join(directory, 'n1'), {})
    expect([home.settings, home.formed]).toEqual([undefined, undefined])
    await home.keepSettings(SETTINGS)
    await home.keepFormed(FORMED)
    const again = await NodeHome.open(home.directory, { cluster: 'garden' })
    expect([again.settings, again.formed]).toEqual([SETTINGS, FORMED])
    expect(readdirSync(home.directory).sort()).toEqual(['node.json', 'roster.json'])
  })

  test.each<Partial<NodeSettings>>([{ cluster: 'orchard' }, { transport: 'tcp' }, { storage: 'redis' }])(
    'refuses %o',
    async (said) => {
      await (await NodeHome.open(directory, {})).keepSettings(SETTINGS)
      await expect(NodeHome.open(directory, said)).rejects.toMatchObject({ code: 'ERR_STORAGE_IDENTITY' })
    },
  )

  test.each([
    ['node.json', '{"cluster":"garden"'],
    ['node.json', '{"cluster":"garden","transport":"pigeon","storage":"file","listen":""}'],
    ['roster.json', '{"type":"formed","cluster":"garden","clusterId":"x","members":[{}]}'],
    ['roster.json', 'null'],
  ])('says that %s is damaged: %s', async (file, text) => {
    writeFileSync(join(directory, file), text)
    await expect(NodeHome.open(directory, {})).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringContaining(file),
    })
  })
})

describe("a cluster's directory", () => {
  test('remembers every choice, ports included, and refuses others', async () => {
    const first = await openUpHome({ data: directory, transport: 'tcp', storage: 'redis', size: 5 })
    expect(first).toMatchObject({ continues: false, settings: { cluster: 'demo', size: 5 } })
    const { members = [], redisPorts = [] } = first.settings
    expect(new Set([...members.map(({ address }) => address), ...redisPorts]).size).toBe(10)
    expect((await openUpHome({ data: directory })).settings).toEqual(first.settings)
    await expect(openUpHome({ data: directory, size: 3 })).rejects.toMatchObject({
      message: expect.stringContaining('--size 5, not 3'),
    })
  })

  test('continues from the moment the first node knows the members', async () => {
    const first = await openUpHome({ data: directory })
    const node = await NodeHome.open(join(directory, 'n1'), {})
    await node.keepSettings(SETTINGS)
    expect((await openUpHome({ data: directory })).continues).toBe(false)
    await node.keepFormed(FORMED)
    expect(await openUpHome({ data: directory })).toMatchObject({ continues: true, settings: first.settings })
  })
})
