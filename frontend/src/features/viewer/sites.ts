/** Sites offered by name; the server's list (`apps/annotations/choices.py`), held by a test. */
export const SITES = [
  'adrenal',
  'bone',
  'brain',
  'breast',
  'kidney',
  'liver',
  'lung',
  'lymph_node',
  'mediastinum',
  'pancreas',
  'pelvis',
  'peritoneum',
  'pleura',
  'soft_tissue',
  'spleen',
] as const

export type Site = (typeof SITES)[number]
export const isSite = (site: string): site is Site => (SITES as readonly string[]).includes(site)
