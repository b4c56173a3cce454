import { Button, Group, Modal, SegmentedControl, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router-dom'

import { useCreateCase, useCreatePatient, usePatients } from '@/api/cases'
import type { PatientIdentity } from '@/api/types'
import { formatDate, formatPatientName, wordFor } from '@/ui/format'
import { ProblemNotice } from '@/ui/ProblemNotice'

import { SEXES, TUMOUR_TYPES, URGENCIES } from './choices'

const SEARCH_DELAY_MS = 250

/** A case needs a patient, a title, and the question that the board shall answer. */
export function NewCaseDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('worklist')
  const navigate = useNavigate()
  const createCase = useCreateCase()
  const createPatient = useCreatePatient()
  const [isKnown, setIsKnown] = useState(true)
  const [search, setSearch] = useState('')
  const [debounced] = useDebouncedValue(search, SEARCH_DELAY_MS)
  const patients = usePatients(debounced, isKnown)
  const required = (value: string) => (value.trim() ? null : t('form.required'))
  const form = useForm({
    initialValues: {
      patient: '', patient_id: '', issuer: '', name: '', birth_date: '', sex: '' as PatientIdentity['sex'],
      title: '', clinical_question: '', tumour_type: '', stage: '', history: '', urgency: 'routine', urgency_reason: '',
    },
    validate: {
      patient: (value) => (isKnown ? required(value) : null),
      patient_id: (value) => (isKnown ? null : required(value)),
      name: (value) => (isKnown ? null : required(value)),
      title: required,
      clinical_question: required,
      tumour_type: required,
      urgency_reason: (value, values) => (values.urgency === 'urgent' ? required(value) : null),
    },
  })
  const submit = form.onSubmit(async (values) => {
    const { patient_id, issuer, birth_date, sex, patient, name, ...entry } = values
    // DICOM spells a person "Family^Given"; people write "Family, Given".
    const dicomName = name.split(',').map((part) => part.trim()).filter(Boolean).join('^')
    const known = isKnown
      ? patient
      : (await createPatient.mutateAsync({ patient_id, issuer, name: dicomName, birth_date: birth_date || null, sex })).id
    if (!known) return
    const made = await createCase.mutateAsync({ ...entry, patient: known })
    await navigate(`/cases/${made.id}`)
  })
  const words = (group: string, codes: readonly string[]) => codes.map((value) => ({ value, label: wordFor(group, value) }))
  const problem = createPatient.error ?? createCase.error
  return (
    <Modal opened onClose={onClose} title={t('form.title')} size="lg">
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <SegmentedControl
            aria-label={t('form.patient')}
            value={isKnown ? 'known' : 'new'}
            onChange={(value) => setIsKnown(value === 'known')}
            data={[{ value: 'known', label: t('form.known') }, { value: 'new', label: t('form.new') }]}
          />
          {isKnown ? (
            <Select
              label={t('form.patient')}
              placeholder={t('form.findPatient')}
              searchable
              searchValue={search}
              onSearchChange={setSearch}
              filter={({ options }) => options}
              data={(patients.data ?? []).map((patient) => ({
                value: String(patient.id),
                label: [formatPatientName(patient.name), patient.patient_id, formatDate(patient.birth_date)].join(' · '),
              }))}
              {...form.getInputProps('patient')}
            />
          ) : (
            <SimpleGrid cols={2} spacing="sm">
              <TextInput label={t('form.name')} placeholder={t('form.nameHint')} {...form.getInputProps('name')} />
              <TextInput label={t('form.patientId')} {...form.getInputProps('patient_id')} />
              <TextInput type="date" label={t('form.birthDate')} {...form.getInputProps('birth_date')} />
              <Select label={t('form.sex')} data={words('sex', SEXES)} {...form.getInputProps('sex')} />
              <TextInput label={t('form.issuer')} {...form.getInputProps('issuer')} />
            </SimpleGrid>
          )}
          <TextInput label={t('form.caseTitle')} description={t('form.caseTitleHint')} {...form.getInputProps('title')} />
          <Textarea label={t('form.question')} {...form.getInputProps('clinical_question')} />
          <SimpleGrid cols={2} spacing="sm">
            <Select label={t('form.tumour')} data={words('tumourType', TUMOUR_TYPES)} {...form.getInputProps('tumour_type')} />
            <TextInput label={t('form.stage')} {...form.getInputProps('stage')} />
            <Select label={t('form.urgency')} data={words('urgency', URGENCIES)} {...form.getInputProps('urgency')} />
            {form.values.urgency !== 'routine' && <TextInput label={t('form.reason')} {...form.getInputProps('urgency_reason')} />}
          </SimpleGrid>
          <Textarea label={t('form.history')} {...form.getInputProps('history')} />
          {problem && <ProblemNotice problem={problem} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t('common:action.cancel')}</Button>
            <Button type="submit" loading={createPatient.isPending || createCase.isPending}>{t('form.submit')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
