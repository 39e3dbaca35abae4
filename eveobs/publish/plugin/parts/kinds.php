<?php
/**
 * The post types, their fields and taxonomies, as the declaration names them.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** The kinds of document by name: singular, plural, meta and terms of each. */
function kinds(): array {
	static $kinds = null;
	if ( null === $kinds ) {
		$kinds = json_decode( DECLARATION, true )['kinds'];
	}
	return $kinds;
}

/** The post types, by kind. */
function types(): array {
	$names = array_keys( kinds() );
	return array_combine( $names, array_map( static fn( $kind ) => 'eve_' . $kind, $names ) );
}

/** The terms of all kinds: the taxonomies without their prefix, each with its kinds' post types. */
function taxonomies(): array {
	$found = array();
	foreach ( kinds() as $name => $kind ) {
		foreach ( $kind['terms'] as $term ) {
			$found[ $term ][] = 'eve_' . $name;
		}
	}
	return $found;
}

/** Registers post types, their meta and their taxonomies. */
function register() {
	foreach ( kinds() as $name => $kind ) {
		register_kind( $name, $kind );
	}
	foreach ( taxonomies() as $term => $types ) {
		register_taxonomy(
			'eve_' . $term,
			$types,
			array(
				'label'             => 'EVE ' . $term,
				'public'            => true,
				'show_in_rest'      => true,
				'show_admin_column' => true,
				'rewrite'           => array( 'slug' => 'eve/' . $term ),
				'capabilities'      => array(
					'manage_terms' => 'manage_categories',
					'edit_terms'   => 'manage_categories',
					'delete_terms' => 'manage_categories',
					'assign_terms' => 'edit_posts',
				),
			)
		);
	}
}

/** Registers one kind. */
function register_kind( string $name, array $kind ) {
	$type = 'eve_' . $name;
	register_post_type(
		$type,
		array(
			'labels'       => array(
				'name'          => 'EVE ' . strtolower( $kind['plural'] ),
				'singular_name' => $kind['singular'],
				'menu_name'     => 'EVE ' . strtolower( $kind['plural'] ),
			),
			'public'       => true,
			'show_in_rest' => true,
			'menu_icon'    => 'dashicons-star-filled',
			'has_archive'  => 'eve/' . sanitize_title( $kind['plural'] ),
			'rewrite'      => array( 'slug' => 'eve/' . $name ),
			'supports'     => array( 'title', 'editor', 'excerpt', 'thumbnail', 'custom-fields', 'author', 'revisions' ),
			'map_meta_cap' => true,
		)
	);
	foreach ( array_merge( $kind['meta'], array( 'image' ) ) as $meta ) {
		register_post_meta(
			$type,
			'eve_' . $meta,
			array(
				'type'              => 'string',
				'single'            => true,
				'show_in_rest'      => true,
				'sanitize_callback' => 'image' === $meta ? 'sanitize_url' : 'sanitize_text_field',
				'auth_callback'     => static fn( $allowed, $key, $id ) => current_user_can( 'edit_post', $id ),
			)
		);
	}
}

/**
 * Text with its brackets as entities: WordPress expands shortcodes after blocks are rendered, so that
 * a `[gallery]` from a player or a visitor would run. Three digits: `&#91;` is turned back by
 * `unescape_invalid_shortcodes`.
 */
function inert( string $html ): string {
	return strtr(
		$html,
		array(
			'[' => '&#091;',
			']' => '&#093;',
		)
	);
}

/** The fields of documents where a block is bound to them: text from players, too. */
function bound_value( $value, $source, $arguments ) {
	$key = is_array( $arguments ) ? (string) ( $arguments['key'] ?? '' ) : '';
	return 'core/post-meta' === $source && 0 === strpos( $key, 'eve_' ) && is_string( $value ) ? inert( $value ) : $value;
}

/** What REST says of a document: without its fields where a password is needed to see it. */
function guarded_response( $response, $post, $request ) {
	if ( 'edit' !== $request['context'] && post_password_required( $post ) ) {
		$data = $response->get_data();
		unset( $data['meta'] );
		$response->set_data( $data );
	}
	return $response;
}
