"""Names of steps: which run a script, which only wrap others, and which run nothing of ours.

Source: https://www.jenkins.io/doc/pipeline/steps/. A call of any other name may run anything.
"""

from __future__ import annotations

from typing import Final

SHELL: Final = {
    "sh",
}  # fmt: skip
FOREIGN_SHELLS: Final = {
    "bat", "powershell", "pwsh",
}  # fmt: skip
# They run the steps in their block on the same machine.
WRAPPERS: Final = {
    "ansiColor", "catchError", "configFileProvider", "container", "dir", "lock", "milestone",
    "node", "nodejs", "podTemplate", "retry", "script", "sshagent", "stage", "throttle", "timeout",
    "timestamps", "tool", "waitUntil", "warnError", "withAWS", "withAnt", "withCredentials",
    "withDockerContainer", "withDockerRegistry", "withDockerServer", "withEnv", "withGradle",
    "withKubeConfig", "kubectl", "withKubeCredentials", "withMaven", "withSonarQubeEnv",
    "withVault", "wrap", "ws", "gitlabCommitStatus", "gitlabBuilds", "withChecks",
    "withFolderProperties", "kubeconfig", "docker.withRegistry", "docker.withServer",
    "docker.withTool", "inside", "withRun", "dockerNode", "withPythonEnv", "withBuildConfiguration",
    "xvfb", "realtimeJUnit", "cache", "logstash", "googleCloudBuild",
}  # fmt: skip
# Steps and functions that run no command of this repository.
HARMLESS: Final = {
    "addBadge", "addShortText", "archive", "archiveArtifacts", "assert", "bitbucketStatusNotify",
    "build", "buildDiscarder", "checkout", "cleanWs", "cobertura", "copyArtifacts", "cron",
    "currentBuild", "deleteDir", "discoverGitReferenceBuild", "disableConcurrentBuilds", "echo",
    "emailext", "emailextrecipients", "error", "exit", "fileExists", "findFiles", "fingerprint",
    "git", "githubNotify", "hipchatSend", "hudson", "input", "isUnix", "issueCommentTrigger",
    "jacoco", "jiraComment", "junit", "library", "logRotator", "mail", "mattermostSend", "nunit",
    "office365ConnectorSend", "overrideIndexTriggers", "parameters", "pipelineTriggers", "pollSCM",
    "print", "printf", "println", "properties", "publishChecks", "publishCoverage", "publishHTML",
    "publishTestResults", "pwd", "readCSV", "readFile", "readJSON", "readManifest", "readMavenPom",
    "readProperties", "readTOML", "readYaml", "recordCoverage", "recordIssues", "resolveScm",
    "rocketSend", "scanForIssues", "setGitHubPullRequestStatus", "sha1", "sha256", "slackSend",
    "slackUploadFile", "sleep", "stash", "step", "string", "telegramSend", "tee", "unarchive",
    "unstable", "unstash", "untar", "unzip", "updateGithubCommitStatus", "updateGitlabCommitStatus",
    "validateDeclarativePipeline", "waitForQualityGate", "writeCSV", "writeFile", "writeJSON",
    "writeMavenPom", "writeYaml", "xunit", "zip", "zulipSend", "credentials", "text", "choice",
    "booleanParam", "password", "usernamePassword", "file", "sshUserPrivateKey", "certificate",
    "usernameColonPassword", "dockerCert", "scmGit", "gitParameter", "getContext", "sprintf",
    "super", "this", "params", "env", "catch", "culprits", "developers", "requestor",
    "upstreamDevelopers", "buildingTag", "withContext", "parallel", "disableResume",
    "durabilityHint", "skipDefaultCheckout", "preserveStashes", "rateLimitBuilds", "timeoutOption",
    "githubPush", "upstream", "dockerFingerprintFrom", "failFast", "lastChanges", "plot",
    "perfReport", "robot", "sendSplunkConsoleLog", "sendSplunkFile", "sonarToGitLab",
    "influxDbPublisher", "cucumber", "allure", "gatlingArchive", "s3Upload", "s3Download",
    "rtUpload", "rtDownload", "nexusArtifactUploader", "nexusPublisher", "dependencyCheck",
    "dependencyCheckPublisher", "containerTemplate", "envVar", "secretEnvVar", "emptyDirVolume",
    "hostPathVolume", "configMapVolume", "secretVolume", "persistentVolumeClaim", "ec2",
    "cfnUpdate", "changelog", "compareVersions",
}  # fmt: skip
# Steps that show a text in the log, each in its first argument or in that of this name.
SHOWN: Final = {
    "echo": "message",
    "print": "",
    "println": "",
    "error": "message",
    "unstable": "message",
}
# Objects of Jenkins and of Java whose methods run no command.
OBJECTS: Final = {
    "env", "params", "currentBuild", "scm", "System", "Math", "String", "Integer", "Boolean",
    "Arrays", "Collections", "Date", "JsonOutput", "JsonSlurper", "jenkins", "Jenkins", "hudson",
    "java", "groovy", "manager", "this", "it", "e", "err", "ex", "config", "log", "docker",
    "URLEncoder", "Base64", "UUID", "LocalDate", "LocalDateTime", "Calendar", "TimeUnit", "Paths",
    "Files", "Thread", "Pattern",
}  # fmt: skip
# Methods that run their closure for each of several things.
LOOPS: Final = {
    "each", "eachWithIndex", "times", "collect", "collectEntries", "findAll", "forEach", "any",
    "every", "upto", "reverseEach",
}  # fmt: skip
# What a shell step may be asked for besides its script.
CREDENTIAL_ARGUMENTS: Final = ("credentialsId", "credentials", "registryCredentialsId")
