# NOT RUN: no Windows was at hand. Makes target\dissolve-studio-VERSION-x86_64-windows.zip of a built program, in PowerShell:
#   cargo build --release; assets\packaging\windows\pack.ps1
# The program draws its window's icon itself; the one that lies beside it is for a shortcut to it. It is not signed.
# The icon was made with ImageMagick, in assets/icon: convert icon.png -define icon:auto-resize=256,64,48,32,24,16 icon.ico
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..\..')
$program = 'target\release\dissolve-studio.exe'
$version = (& $program --version).Split(' ')[1]
$icon = 'target\dissolve-studio.ico'
Copy-Item 'assets\icon\icon.ico' $icon
$zip = "target\dissolve-studio-$version-x86_64-windows.zip"
Compress-Archive -Force -DestinationPath $zip -Path $program, $icon, 'LICENSE-MIT', 'LICENSE-APACHE', 'README.md'
Write-Output $zip
