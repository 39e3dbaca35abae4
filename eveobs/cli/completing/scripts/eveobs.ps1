# Completion of eveobs for PowerShell. `eveobs completion powershell` prints it.
Register-ArgumentCompleter -Native -CommandName eveobs -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { [string]$_.Value } else { $_.Extent.Text } })
    if ($wordToComplete -eq '') { $typed += '' }
    $env:_EVEOBS_COMPLETE = 'powershell'
    try {
        & eveobs @typed 2>$null | ForEach-Object {
            $word, $help = $_ -split ':::', 2
            $shown = if ($word -match '[\s''"]') { "'" + ($word -replace "'", "''") + "'" } else { $word }
            if (-not $help) { $help = $word }
            [System.Management.Automation.CompletionResult]::new($shown, $word, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:_EVEOBS_COMPLETE
    }
}
