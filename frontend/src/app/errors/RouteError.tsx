import { Button, Center, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useRouteError } from 'react-router-dom'

import { ProblemNotice } from '@/ui/ProblemNotice'

/** What stands where a screen should be when drawing or loading it failed. */
export function RouteError() {
  const { t } = useTranslation()
  const error = useRouteError()
  return (
    <Center h="100%" p="lg">
      <Stack maw={520} w="100%">
        <ProblemNotice problem={error} />
        <Button variant="default" onClick={() => window.location.reload()}>
          {t('problem.reload')}
        </Button>
      </Stack>
    </Center>
  )
}
