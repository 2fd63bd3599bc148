"""The words of what is done with deliveries, events and rules, in French, by their English."""

from __future__ import annotations

_DELIVERIES = {
    "1 message is on its way.|{count} messages are on their way.": (
        "1 message est en route.|{count} messages sont en route."
    ),
    "1 message was dropped: nobody gets it.|{count} messages were dropped.": (
        "1 message a été abandonné : personne ne le recevra.|{count} messages ont été abandonnés."
    ),
    "At most {number} at once.": "Au plus {number} à la fois.",
    "Drop": "Abandonner",
    "Drop all {count}…": "Abandonner les {count}…",
    "Drop:": "Abandonner :",
    "Drop…": "Abandonner…",
    "Each goes to its own destination with the words it already has, oldest first. Someone who did receive one will"
    " receive it twice.": (
        "Chacun part vers sa propre destination avec les mots qu’il a déjà, le plus ancien d’abord. Qui en a reçu un le"
        " recevra deux fois."
    ),
    "Follow them": "Les suivre",
    "Left out: {number}. It was sent again before.": "Laissés de côté : {number}. Déjà renvoyés.",
    "Left out: {number}. Only what waits or failed can be dropped.": (
        "Laissés de côté : {number}. Seul ce qui attend ou a échoué peut être abandonné."
    ),
    "Left out: {number}. What waits or is held leaves by itself.": (
        "Laissés de côté : {number}. Ce qui attend ou est retenu part de lui-même."
    ),
    "No such delivery was chosen.": "Aucun envoi de ce genre n’a été choisi.",
    "Nobody will get them. They stay in the list as suppressed, with your name.": (
        "Personne ne les recevra. Ils restent dans la liste comme écartés, avec votre nom."
    ),
    "Nothing was done.": "Rien n’a été fait.",
    "See them": "Les voir",
    "Select": "Choisir",
    "Select all shown for {name}": "Choisir tous ceux affichés pour {name}",
    "Select:": "Choisir :",
    "Selected": "Choisis",
    "Send": "Envoyer",
    "Send again:": "Renvoyer :",
    "Send again…": "Renvoyer…",
    "Send all {count} again…": "Renvoyer les {count}…",
    "Send all {count} elsewhere…": "Envoyer les {count} ailleurs…",
    "Send elsewhere:": "Envoyer ailleurs :",
    "Send elsewhere…": "Envoyer ailleurs…",
    "They leave the queue of their own destination. Where the other one needs other words, these are made anew by"
    " today’s rules.": (
        "Ils quittent la file de leur propre destination. Si l’autre a besoin d’autres mots, les règles d’aujourd’hui"
        " les écrivent à nouveau."
    ),
    "What goes to a paused destination waits until it resumes.": (
        "Ce qui va vers une destination en pause attend sa reprise."
    ),
    "selected": "choisis",
    "sent again: {id}": "renvoyé : {id}",
    "{shown} of {number}, oldest first": "{shown} sur {number}, les plus anciens d’abord",
}

_EVENTS = {
    "Do not ask gates and silences: send what they would keep back, too": (
        "Sans consulter les filtres et les silences : envoyer aussi ce qu’ils retiendraient"
    ),
    "Every rule that fires writes a new message; what is remembered of resources stays as it is.": (
        "Chaque règle qui se déclenche écrit un nouveau message ; ce qui est gardé en mémoire des ressources ne change"
        " pas."
    ),
    "None of today’s rules fires on it: nothing would be sent.": (
        "Aucune règle d’aujourd’hui ne se déclenche : rien ne serait envoyé."
    ),
    "Replay": "Rejouer",
    "Replay…": "Rejouer…",
    "Run this event through today’s rules?": "Soumettre cet événement aux règles d’aujourd’hui ?",
    "The event was run through today’s rules: {what}.": "L’événement a été soumis aux règles d’aujourd’hui : {what}.",
    "There is no event {id}.": "Il n’y a pas d’événement {id}.",
    "What would be sent": "Ce qui serait envoyé",
    "Would be sent: {number}. Without asking gates and silences: {forced}.": (
        "Seraient envoyés : {number}. Sans consulter les filtres et les silences : {forced}."
    ),
    "has one already": "en a déjà un",
}

_RULES = {
    "1 test|{count} tests": "1 test|{count} tests",
    "Difference": "Différence",
    "History of the file": "Historique du fichier",
    "In 7 days it fired {number} ×; {names} will no longer hear of it.": (
        "En 7 jours elle s’est déclenchée {number} fois ; {names} n’en saura plus rien."
    ),
    "It is too long to be compared here.": "C’est trop long pour être comparé ici.",
    "It is written, and not in force: {place}. If the file is refused, its panel says why.": (
        "C’est écrit, et pas en vigueur : {place}. Si le fichier est refusé, son panneau dit pourquoi."
    ),
    "Lines": "Lignes",
    "Nothing was written.": "Rien n’a été écrit.",
    "Switch off": "Désactiver",
    "Switch off…": "Désactiver…",
    "Switch on": "Activer",
    "Switch “{name}” off?": "Désactiver « {name} » ?",
    "Taken": "Prise",
    "Tests of the file": "Tests du fichier",
    "This writes `enabled: false` into {file}, a line of its own; all else in it stays as it is.": (
        "Cela écrit `enabled: false` dans {file}, sur une seule ligne ; tout le reste y demeure."
    ),
    "Version": "Version",
    "against the version before": "par rapport à la version d’avant",
    "as far back as events name its versions": "aussi loin que des événements nomment ses versions",
    "lines": "lignes",
    "nothing of it is in force": "rien n’en est en vigueur",
    "passes": "réussit",
    "run before it was taken": "exécutés avant sa prise en compte",
    "tests pass": "tests réussis",
    "the oldest that is known": "la plus ancienne connue",
    "{name} is on": "{name} est active",
    "{number} tests fail": "{number} tests échouent",
    "“{name}” is switched off.": "« {name} » est désactivée.",
    "“{name}” is switched on.": "« {name} » est activée.",
    "“{name}” stays as it is": "« {name} » reste telle quelle",
}

_SEEN = {
    "All that was done": "Tout ce qui a été fait",
    "Detail": "Détail",
    "What": "Quoi",
    "When": "Quand",
    "Who": "Qui",
    "kept for {keep}": "gardé {keep}",
    "not sent with this event: filled in from what an earlier one said": (
        "pas envoyé avec cet événement : complété d’après un événement d’avant"
    ),
    "remembered, {lasting} old": "en mémoire depuis {lasting}",
}

PHRASES = {**_DELIVERIES, **_EVENTS, **_RULES, **_SEEN}
