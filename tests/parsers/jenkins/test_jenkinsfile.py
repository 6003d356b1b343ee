"""Jenkinsfiles as pipelines: stages, steps, commands, credentials, machines, the unknown."""

from __future__ import annotations

import pytest
from tests.parsers.pipelines.repository import Repository, texts

from plumbrule.scan.parse_files import detect
from plumbrule_parsers.document import Completeness


def jenkins(text: str) -> Repository:
    return Repository.of({"Jenkinsfile": text})


def stages(body: str, top: str = "agent any") -> Repository:
    return jenkins(f"pipeline {{\n {top}\n stages {{\n {body}\n }}\n}}\n")


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("Jenkinsfile", "anything", "jenkins"),
        ("ci/Jenkinsfile.release", "node { }", "jenkins"),
        ("a.jenkinsfile", "pipeline {\n}", "jenkins"),
        ("Jenkinsfile.md", "pipeline {\n}", None),
        ("vars/build.groovy", "def call() {\n  pipeline {\n  }\n}", "jenkins"),
        ("src/A.groovy", "class A { }", None),
    ],
)
def test_files_are_claimed(path: str, text: str, wanted: str | None) -> None:
    assert detect(path, text) == wanted


def test_stages_are_jobs_with_steps_in_order() -> None:
    found = stages("""
        stage('build') { steps { checkout scm
          sh 'make' } }
        stage('ship') { steps { sh "kubectl apply -f x.yaml" } }""")
    assert [node.label for node in found.of_kind("jenkins.Job")] == ["stage build", "stage ship"]
    assert found.commands() == ["make", "kubectl apply -f x.yaml"]
    assert found.edges("before") == {
        ("pipeline/stage/build/steps/0", "pipeline/stage/build/steps/1"),
        ("pipeline/stage/build/steps/1", "pipeline/stage/ship/steps/0"),
    }
    assert found.holes() == []
    (document,) = found.documents.values()
    assert document.completeness is Completeness.EVALUATED


@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("sh 'mkdir out'", "mkdir out"),
        ('sh "mkdir out"', "mkdir out"),
        ("sh '''\n  mkdir out\n'''", "mkdir out"),
        ('sh """\n  mkdir out\n"""', "mkdir out"),
        ("sh(script: 'mkdir out', returnStdout: true)", "mkdir out"),
        ("sh label: 'x', script: 'mkdir out'", "mkdir out"),
        ("script { def x = sh(returnStdout: true, script: 'mkdir out').trim() }", "mkdir out"),
        ("sh 'mkdir ' + 'out'", "mkdir out"),
        ("dir('a') { sh 'mkdir out' }", "mkdir out"),
        ("script { if (x) { sh 'mkdir out' } }", "mkdir out"),
        ("script { try { sh 'mkdir out' } catch (e) { } }", "mkdir out"),
        ("script { ['a'].each { sh 'mkdir out' } }", "mkdir out"),
    ],
)
def test_scripts_are_read_however_they_are_written(step: str, command: str) -> None:
    found = stages(f"stage('a') {{ steps {{ {step} }} }}")
    node = found.command(command)
    assert node.span.text.replace("' + '", "") == command


def test_what_groovy_puts_in_is_unknown_and_where_it_stands() -> None:
    found = stages("""stage('a') { steps { sh "docker push ${env.IMAGE}:1 \\$HOME" } }""")
    command = found.command("docker push ${env.IMAGE}:1 $HOME")
    assert texts(command.fields["expressions"]) == ["env.IMAGE"]
    assert texts(command.fields["variables"]) == ["HOME"]
    (expression,) = found.of_kind("ci.Expression")
    assert expression.span.text == "${env.IMAGE}"
    assert texts(expression.fields["contexts"]) == ["env.IMAGE"]


def test_the_shell_traces_unless_the_script_names_its_own() -> None:
    found = stages("""stage('a') { steps {
        sh 'one'
        sh '''#!/bin/bash
        two
        '''
        sh '''#!/bin/bash -e
        three | four
        ''' } }""")
    keys = ("errexit", "xtrace", "fatal")
    states = {
        str(node.fields["text"]): [bool(node.fields.get(key)) for key in keys]
        for node in found.of_kind("sh.Command")
    }  # fmt: skip
    assert states == {
        "one": [True, True, True], "two": [False, False, False],
        "three": [True, False, False], "four": [True, False, True],
    }  # fmt: skip


# ------------------------------------------------------------------ credentials
def test_credentials_of_the_environment_reach_the_commands_that_expand_them() -> None:
    found = stages(
        "stage('a') { steps { sh 'login $REG_PSW'\n sh 'echo $OTHER' } }",
        "agent any\n environment { REG = credentials('registry') }",
    )
    (use,) = found.of_kind("ci.SecretUse")
    assert (use.fields["name"], use.fields["into"], use.fields["variable"]) == (
        "registry", "env", "REG",
    )  # fmt: skip
    assert found.edges("reads_secret") == {
        ("pipeline/stage/a/steps/0/command/login", "pipeline/secret/registry/REG"),
    }


def test_bindings_hold_inside_their_block_only() -> None:
    found = stages("""stage('a') { steps {
        withCredentials([usernamePassword(credentialsId: 'reg', usernameVariable: 'U',
                                          passwordVariable: 'P'),
                         file(credentialsId: 'kube', variable: 'KUBECONFIG')]) { sh 'login $U $P' }
        sh 'after $P' } }""")  # fmt: skip
    uses = found.of_kind("ci.SecretUse")
    assert {(node.fields["name"], node.fields["variable"]) for node in uses} == {
        ("reg", "U"), ("reg", "P"), ("kube", "KUBECONFIG"),
    }  # fmt: skip
    assert {origin for origin, _target in found.edges("reads_secret")} == {
        "pipeline/stage/a/steps/0/command/login",
    }


def test_a_credential_in_a_gstring_is_put_into_the_script() -> None:
    found = stages("""stage('a') { steps {
        withCredentials([string(credentialsId: 'k', variable: 'TOKEN')]) {
          sh "curl -H 'x: ${TOKEN}' https://x.example"
          sh 'curl -H "x: $TOKEN" https://x.example'
        } } }""")
    leaked = [node for node in found.of_kind("ci.SecretUse") if node.fields["into"] == "script"]
    assert [node.parent.rpartition("#")[2] for node in leaked] == ["pipeline/stage/a/steps/0"]
    assert leaked[0].span.text == "${TOKEN}"


# ------------------------------------------------------------------ machines
@pytest.mark.parametrize(
    ("agent", "machine"),
    [
        ("agent any", "persistent"),
        ("agent { label 'linux' }", "persistent"),
        ("agent { docker { image 'node:20' } }", "throwaway"),
        ("agent { docker 'node:20' }", "throwaway"),
        ("agent { kubernetes { yaml '''a: b''' } }", "throwaway"),
        ("agent { dockerfile true }", "throwaway"),
    ],
)
def test_the_agent_says_where_files_last(agent: str, machine: str) -> None:
    found = stages("stage('a') { steps { sh 'mkdir x'\n sh 'kubectl create ns x' } }", agent)
    assert found.command("mkdir x").fields["domain"] == machine
    assert found.command("kubectl create ns x").fields["domain"] == "remote"


def test_a_stage_may_have_an_agent_of_its_own() -> None:
    found = stages(
        """
        stage('a') { agent { label 'big' } steps { sh 'mkdir a' } }
        stage('b') { agent { docker { image 'x:1' } } steps { sh 'mkdir b' } }""",
        "agent none",
    )
    a, b = found.of_kind("jenkins.Job")
    assert texts(a.fields["runner"]) == ["big"]
    assert (b.fields["image"], b.fields["machine"]) == ("x:1", "throwaway")


def test_a_cluster_of_an_earlier_stage_is_gone_with_the_run() -> None:
    found = stages("""
        stage('up') { steps { sh 'kind create cluster' } }
        stage('use') { steps { sh 'kubectl create ns x' } }""")
    assert found.command("kubectl create ns x").fields["domain"] == "throwaway"


# ------------------------------------------------------------------ what all systems have
def test_options_and_sections_become_the_words_of_all_systems() -> None:
    found = stages(
        """stage('deploy') {
            when { branch 'main' }
            input { message 'go?' }
            options { retry(3); timeout(time: 2, unit: 'HOURS') }
            steps { archiveArtifacts artifacts: 'out/**' }
            post { always { sh 'a' } failure { sh 'b' } } }""",
        "agent any\n options { disableConcurrentBuilds(abortPrevious: true) }\n"
        " triggers { cron('H 4 * * *') }\n parameters { string(name: 'X') }",
    )
    (pipeline,) = found.of_kind("jenkins.Pipeline")
    assert (pipeline.fields["lock"], pipeline.fields["cancels"]) == ("Jenkinsfile", True)
    assert texts(pipeline.fields["triggers"]) == ["schedule", "manual"]
    job = found.node("stage/deploy")
    assert [job.fields[key] for key in ("retries", "timeout", "manual")] == [2, 120.0, True]
    assert job.condition is not None
    assert job.fields["guard"] == "when branch 'main'"
    always, failure = found.command("a"), found.command("b")
    step = {node.address: node for node in found.nodes}
    assert step[always.parent].fields["always"] is True
    assert step[always.parent].condition is None
    assert step[failure.parent].condition is not None
    (artifact,) = found.of_kind("ci.Artifact")
    assert texts(artifact.fields["paths"]) == ["out/**"]


def test_branches_run_side_by_side() -> None:
    found = stages("""
        stage('both') { parallel {
          stage('a') { steps { sh 'one' } }
          stage('b') { steps { sh 'two' } } } }
        stage('end') { steps { sh 'three' } }""")
    assert found.edges("before") == {
        ("pipeline/stage/both/stage/a/steps/0", "pipeline/stage/end/steps/0"),
        ("pipeline/stage/both/stage/b/steps/0", "pipeline/stage/end/steps/0"),
    }


# ------------------------------------------------------------------ scripted
def test_a_scripted_pipeline_is_read_as_far_as_it_declares() -> None:
    found = jenkins("""\
        node('linux') {
          stage 'one'
          sh 'a'
          stage('two') { docker.image('x:1').inside { sh 'mkdir b' } }
          parallel p: { sh 'c' }, q: { sh 'd' }
        }
        def helper() { sh 'e' }
        """)
    assert sorted(found.commands()) == ["a", "c", "d", "e", "mkdir b"]
    assert found.command("mkdir b").fields["machine"] == "throwaway"
    assert found.command("a").parent.endswith("pipeline/stage/one/steps/0")


def test_methods_of_the_file_are_followed_where_they_are_called() -> None:
    found = stages("stage('a') { steps { script { go('x') } } }")
    assert [hole for hole in found.holes() if "`go`" in hole]
    found = jenkins("""\
        pipeline { agent any
          stages { stage('a') { steps { script { go('x') } } } } }
        def go(x) { sh 'made'; go(x) }
        """)
    assert found.command("made").parent.endswith("stage/a/steps/0")
    assert found.holes() == []


def test_what_is_elsewhere_is_a_hole_of_its_step_only() -> None:
    found = stages("""stage('a') { steps { deployTo('prod')
        sh cmd
        bat 'dir'
        script { parallel branches } } }""")
    (document,) = found.documents.values()
    assert document.completeness is Completeness.PARTLY
    assert [hole.addresses[0].rpartition("#")[2] for hole in document.holes] == [
        "pipeline/stage/a/steps/0", "pipeline/stage/a/steps/1", "pipeline/stage/a/steps/2",
        "pipeline/stage/a",
    ]  # fmt: skip
    assert {hole.edges for hole in document.holes} == {("contains",)}


def test_a_broken_file_says_so_and_keeps_what_it_has() -> None:
    found = jenkins("pipeline {\n agent any\n stages { stage('a') { steps { sh 'x' }\n")
    (document,) = found.documents.values()
    assert document.completeness is Completeness.PARTLY
    assert {problem.code for problem in document.problems} == {"groovy-syntax"}
    assert found.commands() == ["x"]


def test_too_many_steps_are_said() -> None:
    found = jenkins("node {\n" + "echo 'a'\n" * 5_200 + "}\n")
    (document,) = found.documents.values()
    assert {problem.code for problem in document.problems} == {"too-many-steps"}
    assert len(document.holes) == 1
