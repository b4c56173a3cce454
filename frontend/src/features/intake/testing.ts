import type { IntakeList, IntakeRow } from '@/api/intake'

/** Examples of what the server tells, complete and typed; tests change what they are about. */
export const aRow = (part: Partial<IntakeRow> = {}): IntakeRow => ({
  position: 1,
  version: 1,
  cells: ['4711', 'Doe, Jane', '04.05.1961', 'w', 'Resectable?'],
  corrections: {},
  state: 'ready',
  values: { patient_id: '4711', issuer: '', name: 'Doe^Jane', birth_date: '1961-05-04', sex: 'F', question: 'Resectable?', title: 'Resectable?' },
  errors: [],
  warnings: [],
  patient: null,
  match_reasons: ['not_registered'],
  open_cases: [],
  same_as: null,
  choice: '',
  chosen_case: null,
  studies_state: 'found',
  studies: [
    {
      study_instance_uid: '1.2.3',
      pacs_name: 'Main PACS',
      study_date: '2026-11-02',
      description: 'CT thorax',
      modalities: ['CT'],
      accession_number: 'A-1',
      instance_count: 300,
      reasons: ['patient_id', 'birth_date'],
      contradicts: [],
    },
  ],
  pacs_away: false,
  chosen_studies: ['1.2.3'],
  case: null,
  link_problems: [],
  ...part,
})

export const aList = (part: Partial<IntakeList> = {}): IntakeList => {
  const rows = part.rows ?? [aRow()]
  const count = (state: string) => rows.filter((row) => row.state === state).length
  return {
    id: 'list-1',
    version: 2,
    board: { id: 'board-1', name: 'Thoracic board' },
    meeting: null,
    created_by: { id: 'me', display_name: 'Cora Coordinator', discipline: 'coordination', institution: { id: 'institution-1', name: 'Sample Hospital' }, is_trainee: false },
    created_at: '2026-11-30T07:00:00Z',
    source: 'csv',
    file_name: 'board.csv',
    state: 'open',
    counts: { error: count('error'), choice: count('choice'), ready: count('ready'), skipped: count('skipped'), placed: count('placed'), undone: count('undone') },
    encoding: 'windows-1252',
    delimiter: ';',
    sheet: '',
    headings: ['PatID', 'Name', 'Geburtsdatum', 'Geschlecht', 'Fragestellung'],
    is_known: true,
    mapping: { patient_id: 0, name: 1, birth_date: 2, sex: 3, question: 4 },
    date_orders: {},
    undecided: [],
    issuer: '',
    search_state: 'done',
    searched: { done: 1, total: 1 },
    problem: '',
    rows,
    ...part,
  }
}
