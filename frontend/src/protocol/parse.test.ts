import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { isClientMessage, isServerMessage, parseServerMessage } from './parse'

const FIXTURES = join(__dirname, '../../../tests/contracts/live_fixtures')

interface Fixture {
  direction: 'server' | 'client'
  message: unknown
  reason?: string
  schema_can_tell?: boolean
}

const read = (folder: string): [string, Fixture][] =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => [
      name,
      JSON.parse(readFileSync(join(FIXTURES, folder, name), 'utf8')) as Fixture,
    ])

const accepts = ({ direction, message }: Fixture): boolean =>
  direction === 'server' ? isServerMessage(message) : isClientMessage(message)

describe('messages of the live session', () => {
  it.each(read('golden'))('takes the golden %s', (_, fixture) => {
    expect(accepts(fixture)).toBe(true)
  })

  const tellable = read('must_fail').filter(([, fixture]) => fixture.schema_can_tell)
  it('has fixtures that must fail', () => {
    expect(tellable.length).toBeGreaterThan(10)
  })

  it.each(tellable)('refuses %s', (_, fixture) => {
    expect(accepts(fixture)).toBe(false)
  })

  it.each(['', 'null', '[]', '{"type":"pong"', '{"type":"toString"}', '{"type":"__proto__"}'])(
    'refuses the text %j without throwing',
    (text) => {
      expect(parseServerMessage(text)).toBeNull()
    },
  )
})
