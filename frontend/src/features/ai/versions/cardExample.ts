import type { CardStatement, VersionCard } from '@/api/types'

export const aStatement = (key: string, part: Partial<CardStatement> = {}): CardStatement => ({ key, text: '', source: 'nobody', author: '', at: null, ...part })

/** A card on which the developer says one thing. For tests. */
export const aCard = (part: Partial<VersionCard> = {}): VersionCard => ({
  groups: [
    { key: 'purpose', statements: [aStatement('purpose.intended_use', { text: 'Tests only', source: 'developer' }), aStatement('purpose.intended_users')] },
    { key: 'fairness', statements: [aStatement('fairness.approach'), aStatement('fairness.mitigation')] },
  ],
  imaging: { key: 'imaging', statements: [aStatement('training_data')] },
  change_log: { key: 'change_log', statements: [aStatement('change_log.impact_assessment')] },
  regulatory_status: aStatement('regulatory_status', { text: 'No regulatory clearance.', source: 'rule' }),
  scope_rules: [],
  thresholds: ['Boxes with a score of at least 0.5'],
  weights: null,
  tree_sha256: 'ab'.repeat(32),
  validation: null,
  not_validated_because: '',
  changes: [],
  may_write: false,
  ...part,
})
