import { describe, expect, test } from 'vitest'
import type { DemoMember } from '../../src/control/commands.js'
import { memberCalled } from '../../src/prompt/who.js'

const ids = ['12D3KooWabcdefQm11', '12D3KooWabcdefQm22', '12D3KooWxyz9999922']
const members = ids.map((id): DemoMember => ({ id, address: '', role: 'voter' }))
const nameOf = (id: string) => (id === ids[0] ? 'n1' : `…${id.slice(-6)}`)

describe('a member is called by', () => {
  test.each([
    ['its name', 'n1', ids[0]],
    ['its id', ids[1]!, ids[1]],
    ['its id as it is shown', '…efQm22', ids[1]],
    ['the end of its id', '9922', ids[2]],
  ])('%s', (_, who, id) => expect(memberCalled(who, members, nameOf).id).toBe(id))
})

test.each([
  ['n9', /there is no member "n9"; the members are n1, …efQm22, …999922/],
  ['22', /there is no member "22"/],
  ['', /there is no member ""/],
])('"%s" is nobody, or too little to tell', (who, message) =>
  expect(() => memberCalled(who, members, nameOf)).toThrow(message),
)

test('an end that two share is refused', () => {
  const twins = ['a-1234', 'b-1234'].map((id): DemoMember => ({ id, address: '', role: 'voter' }))
  expect(() => memberCalled('1234', twins, (id) => id)).toThrow(/"1234" may be several members/)
})
