import { ActionIcon, Menu, UnstyledButton } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { StackDescription } from '@/viewer/stacks'
import type { StackView } from '@/viewer/stackView'

import { stackWords } from './stackWords'
import classes from './stacks.module.css'

interface StackSwitchProps {
  view: StackView
  stacks: readonly StackDescription[]
  stack: StackDescription
}

/** Which stack of the series this is, and the way to the others. */
export function StackSwitch({ view, stacks, stack }: StackSwitchProps) {
  const { t } = useTranslation('viewer')
  const place = stacks.indexOf(stack) + 1
  const name = (one: StackDescription) => stackWords(one.facets, t)
  return (
    <div
      className={classes.switch}
      data-testid="stack"
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        size={26}
        aria-label={t('keys.previousStack')}
        disabled={place === 1}
        onClick={() => view.stepStack(-1)}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <Menu position="bottom" withinPortal>
        <Menu.Target>
          <UnstyledButton className={classes.name} aria-label={t('stack.choose')}>
            {t('stack.place', { name: name(stack), number: place, count: stacks.length })}
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown className={classes.list}>
          {stacks.map((one) => (
            <Menu.Item
              key={one.number}
              aria-current={one === stack}
              fw={one === stack ? 600 : 400}
              rightSection={t('studies.images', { count: one.count })}
              onClick={() => view.showStack(one.number, 'user')}
            >
              {name(one)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={26}
        aria-label={t('keys.nextStack')}
        disabled={place === stacks.length}
        onClick={() => view.stepStack(1)}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
    </div>
  )
}
