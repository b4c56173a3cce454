import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import type { LogEvent, Snapshot } from './generated'
import { applyEvent } from './snapshot'

const FOLDER = join(__dirname, '../../../tests/contracts/live_fixtures/reducer')

interface Fold {
  snapshot: Snapshot
  events: LogEvent[]
  result: Snapshot
}

const folds = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Fold] as const)

describe('LIVE-J4 the fold is the same in Python and here', () => {
  it.each(folds)('%s', (_, { snapshot, events, result }) => {
    expect(events.reduce(applyEvent, snapshot)).toEqual(result)
  })
})
