"""Terragrunt on the evaluator of Terraform: which units there are, and what each gives its module.

Terragrunt runs a module with inputs that come from a chain of files. `units` reads that chain for
every folder with a `terragrunt.hcl` and gives the module's arguments, each with the line that set
it. Nothing is run and nothing is fetched.
"""

from plumbrule_parsers.terraform.terragrunt.resolve import units

__all__ = ["units"]
