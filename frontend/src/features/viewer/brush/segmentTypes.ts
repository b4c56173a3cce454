/** What a drawn segment may be: SNOMED CT codes, as the server knows them. */
export const SEGMENT_TYPES: readonly string[] = [
  '52988006',
  '108369006',
  '14799000',
  '4147007',
  '27925004',
  '79654002',
  '6574001',
  '59441001',
  '10200004',
  '39607008',
  '64033007',
  '12738006',
  '15776009',
  '41216001',
  '85756007',
]
