import type { ModelAlert, MonitoringFigure, MonitoringReport } from '@/api/types'

/** Examples for tests; every field the server sends is there. */
export const aFigure = (part: Partial<MonitoringFigure> = {}): MonitoringFigure => ({
  period: 0,
  group: '',
  name: 'positive',
  kind: 'share',
  unit: '1',
  is_hidden: false,
  n: null,
  count: null,
  value: null,
  low: null,
  high: null,
  at: [],
  quantiles: [],
  together: [],
  ...part,
})

const version = { id: 'version-1', version: '1.1.0', state: 'active' as const }
const model = { id: 'model-1', slug: 'nodule', name: 'Nodule' }

export const aReport = (part: Partial<MonitoringReport> = {}): MonitoringReport => ({
  model,
  version,
  versions: [version],
  by: '',
  subgroups: ['sex'],
  small_cell: 10,
  synthetic_runs: 0,
  periods: [
    { name: '2026-W46', starts_on: '2026-11-09', ends_on: '2026-11-15', is_complete: true },
    { name: '2026-W47', starts_on: '2026-11-16', ends_on: '2026-11-22', is_complete: true },
  ],
  groups: [''],
  figures: [],
  reasons: [],
  ...part,
})

export const anAlert = (part: Partial<ModelAlert> = {}): ModelAlert => ({
  id: 'alert-1',
  rule: 'failures',
  model,
  version,
  figures: { share: 0.2, low: 0.13, high: 0.29, count: 20, n: 100, allowed: 0.05 },
  suggests_shadow: true,
  created_at: '2026-11-24T04:20:00Z',
  checked_at: '2026-11-25T04:20:00Z',
  cleared_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
  words: '',
  ...part,
})
