/** The server's choices in the order in which people look for them. */
export const TUMOUR_TYPES = [
  'lung', 'liver', 'colorectal', 'breast', 'prostate', 'brain',
  'head_neck', 'gynaecological', 'sarcoma', 'lymphoma', 'other',
] as const
export const URGENCIES = ['routine', 'soon', 'urgent'] as const
export const SEXES = ['F', 'M', 'O'] as const
