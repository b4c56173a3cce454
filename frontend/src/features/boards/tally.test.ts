import { describe, expect, it } from 'vitest'

import { aDecision, aPerson } from '@/app/testing/examples'
import type { Decision } from '@/api/types'

import { tallyOf } from './tally'

const [ada, ben, cleo, dan] = ['ada', 'ben', 'cleo', 'dan'].map((id) =>
  aPerson({ id, display_name: id }),
) as [ReturnType<typeof aPerson>, ReturnType<typeof aPerson>, ReturnType<typeof aPerson>, ReturnType<typeof aPerson>]

type Position = Decision['positions'][number]
const position = (user: typeof ada, part: Partial<Position>): Position => ({
  id: user.id,
  user,
  stance: 'agree',
  statement: '',
  text_version: 3,
  recorded_by: user,
  ...part,
})

describe('LIVE-X4 the tally', () => {
  it('puts each person in one place', () => {
    const decision = aDecision({
      text_version: 3,
      positions: [
        position(ada, {}),
        position(ben, { stance: 'dissent', statement: 'N2' }),
        position(cleo, { text_version: 1 }),
      ],
    })
    const tally = tallyOf(decision, [ada, ben, cleo, dan])
    expect(tally.agree).toEqual([ada])
    expect(tally.dissent).toEqual([{ person: ben, statement: 'N2' }])
    expect(tally.abstain).toEqual([])
    expect(tally.old).toEqual([cleo])
    expect(tally.waiting).toEqual([dan])
  })

  it('counts whoever has voted and left', () => {
    const decision = aDecision({ text_version: 3, positions: [position(ada, { stance: 'abstain' })] })
    expect(tallyOf(decision, []).abstain).toEqual([ada])
  })
})
