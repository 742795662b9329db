# NOT RUN: no Windows was at hand. Makes target\dissolve-studio-VERSION-x86_64-windows.zip of a built program, in PowerShell:
#   cargo build --release; assets\packaging\windows\pack.ps1
# The program draws its window's icon itself; it is not signed.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..\..')
$program = 'target\release\dissolve-studio.exe'
$version = (& $program --version).Split(' ')[1]
$zip = "target\dissolve-studio-$version-x86_64-windows.zip"
Compress-Archive -Force -DestinationPath $zip -Path $program, 'LICENSE-MIT', 'LICENSE-APACHE', 'README.md'
Write-Output $zip
